"""The drift sidecar's process: settings in, one loop running until a signal says stop."""

import sys
import uuid
from collections.abc import Callable
from functools import partial
from importlib.metadata import version

import structlog

from models.bundle import Bundle, BundleRefused
from models.verify import verify
from services.drift.alerting.lifecycle import About, Lifecycle
from services.drift.findings.reference import Reference
from services.drift.judging.judge import Bench
from services.drift.keeping.kafka_kept import KafkaKept
from services.drift.kit import Kit
from services.drift.pipeline import Drift
from services.drift.recalling import resumed
from services.drift.settings import PREFIX, Settings, Topics, read_settings
from services.drift.watch import Watching
from services.drift.wire import REPORT, encoder
from services.start.bundles import refusal
from services.start.preflight import same_partitions
from services.start.schemas import Schemas
from services.start.showing import listening, run
from services.start.tracing import spans_of
from stream.dead_letters import Desk
from stream.faults import Stopped
from stream.kafka.log import KafkaLog
from stream.kafka.settings import LogSettings
from stream.loop import Loop
from stream.pace import Pace
from stream.stopping import Asked
from stream.tracing.log import traced

SHOWN = 200
"""So many reports at the end of their topic are read for what was said last."""
BECAUSE = "each of them is one sequence, as the profile log is"


def main() -> int:
    """Run a sidecar; the exit code says 0 stopped as asked, 1 failed, 2 misconfigured."""
    return run("drift", read_settings, serve)


def serve(settings: Settings, probe: Callable[[str], None] = lambda _step: None) -> int:
    """Judge until told to stop. Raises Stopped."""
    stop, watching = Asked(), Watching()
    bundles = open_bundles(settings)
    kit = kit_of(settings, Topics(settings, bundles[0].contract.model), bundles)
    watching.refers(bundles)
    watching.recalled(report for report in kept_of(settings, kit.topics).latest(SHOWN) if report)
    admin = listening(watching.metrics, watching.health, (settings.admin_host, settings.admin_port), PREFIX)
    try:
        return _watch(kit, watching, stop=stop, probe=probe, port=admin.port)
    finally:
        admin.close()


def open_bundles(settings: Settings) -> tuple[Bundle, ...]:
    """The bundle that is served, then those of other versions. Raises Stopped when one cannot be used."""
    found: list[Bundle] = []
    for path in (settings.bundle, *settings.others):
        try:
            found.append(verify(path, key=settings.bundle_key)[0])
        except BundleRefused as refused:
            raise refusal(path, refused) from refused
        if found[-1].contract.model != found[0].contract.model:
            fix = f"start a sidecar of its own for {found[-1].contract.model}"
            raise Stopped(f"{path} holds another model than {settings.bundle}", fix=fix, configuration=True)
    return tuple(found)


def kit_of(settings: Settings, topics: Topics, bundles: tuple[Bundle, ...]) -> Kit:
    """Everything a sidecar needs. Raises Stopped where the topics are not as they must be."""
    file, schemas, code = settings.kafka_config, Schemas(settings, PREFIX), version("driftline")
    references = {bundle.digest: Reference(bundle) for bundle in bundles}
    contract = bundles[0].contract
    about = About(model=contract.model, team=contract.owner.team, contact=contract.owner.contact)
    written = (topics.drift, topics.alerts, topics.state, topics.dead_letters)
    same_partitions(settings.brokers, written, topics.profiles, because=BECAUSE, file=file)
    return Kit(
        settings=settings,
        topics=topics,
        bundles=bundles,
        kept=kept_of(settings, topics),
        desk=Desk(topic=topics.dead_letters, group=topics.group, service="drift", service_version=code),
        judge=lambda: Bench(references.__getitem__, settings.judging(), code_version=code),
        alerts=lambda: Lifecycle(about),
        encode_report=encoder(schemas, topics.drift, REPORT),
        encode_alert=encoder(schemas, topics.alerts, "alert"),
    )


def kept_of(settings: Settings, topics: Topics) -> KafkaKept:
    """What Kafka keeps of this sidecar."""
    return KafkaKept(
        settings.brokers,
        state=topics.state,
        profiles=topics.profiles,
        reports=topics.drift,
        file=settings.kafka_config,
        back=settings.rebuild,
    )


def _watch(kit: Kit, watching: Watching, *, stop: Asked, probe: Callable[[str], None], port: int) -> int:
    settings, log, contract = kit.settings, structlog.get_logger(), kit.bundles[0].contract
    topics, session = kit.topics, uuid.uuid4().hex[:12]
    spans = spans_of(
        settings,
        "drift",
        group=topics.group,
        instance=settings.slot or session,
        dropped=watching.dropped,
        summaries=[topics.drift],
        always=[topics.alerts],
    )
    kafka = traced(KafkaLog(_log_settings(kit, session), resume=partial(resumed, kit), probe=probe), spans)
    seconds = settings.snapshot_seconds
    pace = Pace(quiet_seconds=seconds, longest_seconds=seconds, heartbeat_seconds=seconds)
    log.info("started", model=contract.model, version=contract.version, digest=kit.bundles[0].digest, port=port)
    try:
        watching.follow(kafka)
        stop.ready()
        Loop(kafka, Drift(kit, watching), watching, pace=pace).run(stop)
    finally:
        kafka.close()
    log.info("stopped")
    return 0


def _log_settings(kit: Kit, session: str) -> LogSettings:
    settings, topics = kit.settings, kit.topics
    return LogSettings(
        brokers=settings.brokers,
        group=topics.group,
        topics=(topics.profiles,),
        slot=settings.slot,
        session=session,
        begin=settings.begin,
        rows=settings.batch_rows,
        max_poll_seconds=settings.max_poll_millis / 1000,
        file=settings.kafka_config,
    )


if __name__ == "__main__":
    sys.exit(main())
