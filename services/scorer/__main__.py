"""The scorer process: settings in, one loop running until a signal says stop."""

import os
import signal
import sys
import uuid
from collections.abc import Callable
from importlib.metadata import version

import structlog

from models.bundle import Bundle, BundleRefused
from models.session import Session
from models.verify import verify
from schemas.contracts import latest
from schemas.framing import frame
from schemas.reader import Reader
from schemas.source import DirectorySource, Patient, SchemaSource
from services.scorer.kit import Kit, wanted_of
from services.scorer.pipeline import Scorer
from services.scorer.preflight import partitions_of_model
from services.scorer.resume import last_positions
from services.scorer.settings import Settings, Topics, read_settings
from services.scorer.watch import Watching
from stream.dead_letters import Desk
from stream.faults import Stopped
from stream.kafka.log import KafkaLog
from stream.kafka.registry import Registry
from stream.kafka.settings import LogSettings
from stream.loop import Loop, Pace
from stream.telemetry.health import Admin, CannotListen
from stream.telemetry.logs import configure

FAILED, MISCONFIGURED = 1, 2


def main() -> int:
    """Run a scorer; the exit code says 0 stopped as asked, 1 failed, 2 misconfigured."""
    try:
        settings = read_settings()
        configure(service="scorer", level=settings.log_level, slot=settings.slot or "")
        return serve(settings)
    except Stopped as stopped:
        return _explain(stopped)


def _explain(stopped: Stopped) -> int:
    lines = [f"error: {stopped.what}"]
    lines += [f"cause: {stopped.cause}"] if stopped.cause else []
    lines += [f"fix: {stopped.fix}"] if stopped.fix else []
    sys.stderr.write("\n".join(lines) + "\n")
    return MISCONFIGURED if stopped.configuration else FAILED


def serve(settings: Settings, probe: Callable[[str], None] = lambda _step: None) -> int:
    """Score until told to stop. Raises Stopped."""
    log = structlog.get_logger()
    stop = _signals()
    bundle, session = _bundle(settings)
    topics = Topics(settings, bundle.contract.model)
    watching = Watching(bundle, settings)
    try:
        admin = Admin(watching.metrics.registry, watching.health, host=settings.admin_host, port=settings.admin_port)
    except CannotListen as deaf:
        fix = f"{deaf.fix}: SCORER_ADMIN_PORT, SCORER_ADMIN_HOST"
        raise Stopped(deaf.what, cause=deaf.cause, fix=fix, configuration=True) from deaf
    try:
        partitions = partitions_of_model(settings, topics)
        kit = _kit(settings, topics, bundle, session, partitions)
        kafka = KafkaLog(
            _log_settings(settings, topics, kit.session_name),
            resume=lambda places: last_positions(settings, topics, places),
            probe=probe,
        )
        log.info(
            "started",
            model=bundle.contract.model,
            version=bundle.contract.version,
            digest=bundle.digest,
            port=admin.port,
        )
        try:
            watching.follow(kafka)
            Loop(kafka, Scorer(kit, watching), watching, pace=_pace(settings)).run(stop)
        finally:
            kafka.close()
        log.info("stopped")
        return 0
    finally:
        admin.close()


def _signals() -> Callable[[], bool]:
    """True once SIGTERM or SIGINT came; the second one ends the process at once, its transaction never was."""
    came: list[int] = []

    def hear(number: int, _frame: object) -> None:
        if came:
            os._exit(FAILED)
        came.append(number)

    signal.signal(signal.SIGTERM, hear)
    signal.signal(signal.SIGINT, hear)
    return lambda: bool(came)


def _bundle(settings: Settings) -> tuple[Bundle, Session]:
    """The bundle, once its golden rows came out as expected."""
    try:
        return verify(settings.bundle)
    except BundleRefused as refused:
        raise Stopped(
            f"bundle refused: {refused}",
            cause="the bundle is incomplete, changed, or does not do what it was built to do",
            fix=f"`driftline model verify {settings.bundle}` says more; build it again or serve another",
            configuration=True,
        ) from refused


def _kit(settings: Settings, topics: Topics, bundle: Bundle, session: Session, partitions: int) -> Kit:
    source, id_of = _source(settings)
    contract = bundle.contract
    name = uuid.uuid4().hex[:12]
    return Kit(
        settings=settings,
        topics=topics,
        bundle=bundle,
        session=session,
        reader=Reader(wanted_of(contract), source, json=contract.format == "json"),
        desk=Desk(
            topic=topics.dead_letters,
            group=topics.group,
            service="scorer",
            service_version=version("driftline"),
        ),
        prediction_frame=frame(id_of(f"{topics.predictions}-value", latest("prediction"))),
        profile_frame=frame(id_of(f"{topics.profiles}-value", latest("profile"))),
        partitions=partitions,
        writer=settings.slot or f"scorer-{name}",
        session_name=name,
    )


def _source(settings: Settings) -> tuple[SchemaSource, Callable[[str, object], int]]:
    """Where schemas come from, with how our own get their ids."""
    if settings.registry_url is not None and settings.schemas is None:
        registry = Registry(settings.registry_url, settings.registry_config)
        register = settings.register_schemas
        return Patient(registry), lambda subject, schema: registry.id_of(subject, schema, register=register)
    if settings.schemas is None or settings.registry_url is not None:
        raise Stopped(
            "one schema source is needed",
            cause="neither or both are set",
            fix="set SCORER_SCHEMAS to a directory or SCORER_REGISTRY_URL, not both",
            configuration=True,
        )
    directory = DirectorySource(settings.schemas)
    return directory, lambda _subject, schema: directory.add(schema)


def _log_settings(settings: Settings, topics: Topics, session: str) -> LogSettings:
    return LogSettings(
        brokers=settings.brokers,
        group=topics.group,
        topics=(topics.features,),
        slot=settings.slot,
        session=session,
        begin=settings.begin,
        rows=settings.batch_rows,
        file=settings.kafka_config,
    )


def _pace(settings: Settings) -> Pace:
    return Pace(
        quiet_seconds=settings.quiet_millis / 1000,
        longest_seconds=settings.commit_millis / 1000,
        heartbeat_seconds=settings.heartbeat_seconds,
    )


if __name__ == "__main__":
    sys.exit(main())
