"""The scorer process: settings in, one loop running until a signal says stop."""

import sys
import uuid
from collections.abc import Callable

import structlog

from services.scorer.kit import Kit
from services.scorer.pipeline import Scorer
from services.scorer.settings import PREFIX, Settings, Topics, read_settings
from services.scorer.start.assembly import Opened, claims_of, kit_of, look_up, open_bundles
from services.scorer.start.comeback import Comeback
from services.scorer.start.pace import pace_of
from services.scorer.start.preflight import partitions_of_model
from services.scorer.start.protocol import Protocol
from services.scorer.start.resume import last_positions
from services.scorer.watch import Watching
from services.start.garbage import spare
from services.start.schemas import Schemas
from services.start.showing import listening, run
from services.start.tracing import spans_of
from stream.kafka.log import KafkaLog
from stream.kafka.plain import PlainLog
from stream.kafka.settings import LogSettings
from stream.loop import Loop
from stream.stopping import Asked
from stream.tracing.log import traced


def main() -> int:
    """Run a scorer; the exit code says 0 stopped as asked, 1 failed, 2 misconfigured."""
    return run("scorer", read_settings, serve)


def serve(settings: Settings, probe: Callable[[str], None] = lambda _step: None) -> int:
    """Score until told to stop. Raises Stopped."""
    stop = Asked()
    opened = open_bundles(settings)
    topics = Topics(settings, opened.leading.contract.model)
    watching = Watching(opened.leading, settings)
    protocol = Protocol(watching.health, opened)
    at = (settings.admin_host, settings.admin_port)
    admin = listening(watching.metrics, watching.health, at, PREFIX, more=protocol.answer)
    try:
        return _score(settings, opened, topics, (watching, protocol), stop=stop, probe=probe, port=admin.port)
    finally:
        admin.close()


def _score(
    settings: Settings,
    opened: Opened,
    topics: Topics,
    shown: tuple[Watching, Protocol],
    *,
    stop: Asked,
    probe: Callable[[str], None],
    port: int,
) -> int:
    log, (watching, protocol) = structlog.get_logger(), shown
    partitions, schemas = partitions_of_model(settings, topics), Schemas(settings, PREFIX)
    name = uuid.uuid4().hex[:12]

    claims = claims_of(settings, topics)
    spans = spans_of(
        settings,
        "scorer",
        group=topics.group,
        instance=settings.slot or name,
        dropped=watching.dropped,
        results=[topics.predictions],
        summaries=[topics.profiles],
    )

    def make(found: Opened) -> Kit:
        kit = kit_of(
            found,
            settings,
            topics,
            schemas,
            tell=watching.breaker,
            partitions=partitions,
            name=name,
            claims=claims,
            spans=spans,
        )
        watching.serves(kit.bundle, missing=found.missing)
        protocol.serves(found)
        watching.asked(kit.chain.states())
        return kit

    kit = make(opened)
    scorer = Scorer(kit, watching, successor=_successor(settings, opened, make))
    make_log = KafkaLog if settings.delivery == "exactly_once" else PlainLog
    kafka = traced(
        make_log(
            _log_settings(settings, topics, name),
            resume=lambda places: last_positions(settings, topics, places),
            probe=probe,
            appetite=scorer.appetite,
        ),
        spans,
    )
    bundle = opened.leading
    log.info("started", model=topics.model, version=bundle.contract.version, digest=bundle.digest, port=port)
    try:
        watching.follow(kafka, spans)
        spare()
        stop.ready()
        Loop(kafka, scorer, watching, pace=pace_of(settings, bundle.contract)).run(stop)
    finally:
        kafka.close()
        if claims is not None:
            claims.close()
    log.info("stopped")
    return 0


def _successor(settings: Settings, opened: Opened, make: Callable[[Opened], Kit]) -> Callable[[], Kit | None]:
    """Where the next kit comes from: only a missing champion is looked for."""
    if opened.champion is not None:
        return lambda: None
    return Comeback(lambda: Opened(look_up(settings), opened.fallback), make, every_seconds=settings.breaker_seconds)


def _log_settings(settings: Settings, topics: Topics, session: str) -> LogSettings:
    return LogSettings(
        brokers=settings.brokers,
        group=topics.group,
        topics=(topics.features,),
        slot=settings.slot,
        session=session,
        begin=settings.begin,
        rows=settings.batch_rows,
        max_poll_seconds=settings.max_poll_millis / 1000,
        delivery=settings.delivery,
        file=settings.kafka_config,
    )


if __name__ == "__main__":
    sys.exit(main())
