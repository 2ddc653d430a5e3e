"""Quix Streams: a streaming dataframe whose one step decodes, scores and encodes."""

from quixstreams import Application

from load.bench.peers import wire
from load.bench.peers.scoring import Model
from load.bench.peers.told import Told


def main() -> None:
    """Until a signal says stop."""
    told = Told()
    model = Model(told.model)
    app = Application(
        broker_address=told.brokers,
        consumer_group=told.group,
        auto_offset_reset="earliest",
        auto_create_topics=False,
        processing_guarantee="exactly-once" if told.exactly_once else "at-least-once",
        commit_interval=told.commit_seconds,
        producer_extra_config={"linger.ms": told.linger_millis},
        loglevel="WARNING",
    )

    def scored(value: bytes) -> bytes:
        event = wire.read(value)
        return wire.written(event, model.score(wire.rows([event]))[0])

    source = app.topic(told.input, key_deserializer="bytes", value_deserializer="bytes")
    target = app.topic(told.output, key_serializer="bytes", value_serializer="bytes")
    app.dataframe(source).apply(scored).to_topic(target)
    app.run()


if __name__ == "__main__":
    main()
