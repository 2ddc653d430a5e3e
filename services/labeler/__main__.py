"""The labeler process: settings in, one loop running until a signal says stop."""

import sys
import uuid
from collections.abc import Callable
from importlib.metadata import version

import structlog

from models.bundle import Bundle, BundleRefused
from models.verify import verify
from services.labeler.beyond import Beyond
from services.labeler.healing import Healing
from services.labeler.kept import KafkaKept
from services.labeler.kit import Kit
from services.labeler.pipeline import Labeler
from services.labeler.room.redis_room import RedisRoom
from services.labeler.settings import PREFIX, Settings, Topics, read_settings
from services.labeler.threads import Threads
from services.labeler.watch import Watching
from services.start.bundles import refusal
from services.start.garbage import spare
from services.start.preflight import same_partitions
from services.start.resume import Memory
from services.start.schemas import Schemas
from services.start.showing import listening, run
from services.start.tracing import spans_of
from stream.dead_letters import Desk
from stream.kafka.log import KafkaLog
from stream.kafka.settings import LogSettings
from stream.kafka.tail import Tail
from stream.loop import Loop
from stream.pace import COMMIT_SHARE, Pace
from stream.records import Place
from stream.redis import Address, Store
from stream.stopping import Asked
from stream.tracing.log import traced

BECAUSE = "a prediction and its label meet in the partition of the same number"
STORE_SECONDS = 2.0
FETCH_BYTES = 131_072
"""A label may come 100 ms later into a metric; a broker that is asked hundreds of times a second has no time left."""
PROFILES_BACK = 500
"""So many positions of the profile log are read at first: every labeler has told its time in them."""


def main() -> int:
    """Run a labeler; the exit code says 0 stopped as asked, 1 failed, 2 misconfigured."""
    return run("labeler", read_settings, serve)


def serve(settings: Settings, probe: Callable[[str], None] = lambda _step: None) -> int:
    """Join until told to stop. Raises Stopped."""
    stop = Asked()
    bundle = open_bundle(settings)
    topics = Topics(settings, bundle.contract.model)
    store = Store(Address.parse(settings.redis), settings.redis_config, timeout_seconds=STORE_SECONDS)
    room = RedisRoom(store, tag=f"{settings.prefix}{topics.model}")
    kit = kit_of(settings, topics, bundle)
    watching = Watching(kit.quality())
    admin = listening(watching.metrics, watching.health, (settings.admin_host, settings.admin_port), PREFIX)
    try:
        return _join(kit, room, watching, stop=stop, probe=probe, port=admin.port)
    finally:
        admin.close()
        room.close()


def open_bundle(settings: Settings) -> Bundle:
    """The bundle whose contract holds. Raises Stopped when it cannot be used."""
    try:
        return verify(settings.bundle, key=settings.bundle_key)[0]
    except BundleRefused as refused:
        raise refusal(settings.bundle, refused) from refused


def kit_of(settings: Settings, topics: Topics, bundle: Bundle) -> Kit:
    """Everything a labeler needs. Raises Stopped where the topics are not as they must be."""
    file, name = settings.kafka_config, uuid.uuid4().hex[:12]
    set_aside = [topics.dead_letters(topic) for topic in (topics.predictions, topics.labels)]
    names = (topics.predictions, topics.labels, topics.outcomes, *set_aside)
    partitions = same_partitions(settings.brokers, names, topics.profiles, because=BECAUSE, file=file)
    return Kit(
        settings=settings,
        topics=topics,
        bundle=bundle,
        schemas=Schemas(settings, PREFIX),
        desk=lambda topic: Desk(
            topic=topics.dead_letters(topic),
            group=topics.group,
            service="labeler",
            service_version=version("driftline"),
        ),
        partitions=partitions,
        writer=settings.slot or f"labeler-{name}",
        session_name=name,
    )


def _join(
    kit: Kit, room: RedisRoom, watching: Watching, *, stop: Asked, probe: Callable[[str], None], port: int
) -> int:
    settings, topics, log = kit.settings, kit.topics, structlog.get_logger()
    memory = Memory(brokers=settings.brokers, topic=topics.profiles, group=topics.group, file=settings.kafka_config)
    spans = spans_of(
        settings,
        "labeler",
        group=topics.group,
        instance=kit.writer,
        dropped=watching.dropped,
        results=[topics.outcomes],
        summaries=[topics.profiles],
    )
    kafka = traced(KafkaLog(_log_settings(kit), resume=memory.last_positions, probe=probe), spans)
    kept = KafkaKept(settings.brokers, settings.kafka_config)
    healing = Healing(kit, room, kept, beat=watching.healing)
    tail = Tail(settings.brokers, Place(topics.profiles, 0), back=PROFILES_BACK, file=settings.kafka_config)
    outside = Beyond(tail, topics.group, wall=kit.contract.clock == "wall")
    threads = None if spans is None else Threads(spans)
    labeler = Labeler(kit, room, healing, watching, at_end=kafka.at_end, outside=outside, threads=threads)
    pace = Pace(
        quiet_seconds=settings.quiet_millis / 1000,
        longest_seconds=settings.commit_millis / 1000,
        commit_share=COMMIT_SHARE,
        few_rows=settings.batch_rows // 2,
        heartbeat_seconds=settings.heartbeat_seconds,
    )
    log.info("started", model=topics.model, version=kit.contract.version, digest=kit.bundle.digest, port=port)
    try:
        watching.follow(kafka, room.gauge)
        spare()
        stop.ready()
        Loop(kafka, labeler, watching, pace=pace).run(stop)
    finally:
        kafka.close()
        tail.close()
    log.info("stopped")
    return 0


def _log_settings(kit: Kit) -> LogSettings:
    settings, topics = kit.settings, kit.topics
    return LogSettings(
        brokers=settings.brokers,
        group=topics.group,
        topics=(topics.predictions, topics.labels),
        slot=settings.slot,
        session=kit.session_name,
        begin=settings.begin,
        rows=settings.batch_rows,
        max_poll_seconds=settings.max_poll_millis / 1000,
        tells_ends=True,
        fetch_bytes=FETCH_BYTES,
        file=settings.kafka_config,
    )


if __name__ == "__main__":
    sys.exit(main())
