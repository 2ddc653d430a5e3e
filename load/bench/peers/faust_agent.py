"""Faust with an agent that scores an event at a time; at least once."""

import sys
from typing import Any

import faust

from load.bench.peers import wire
from load.bench.peers.scoring import Model
from load.bench.peers.told import Told


def application(told: Told) -> Any:
    """An app with one agent."""
    app = faust.App(
        told.group,
        broker=f"kafka://{told.brokers}",
        web_enabled=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        value_serializer="raw",
        producer_linger=told.linger_millis,
        broker_commit_interval=told.commit_seconds,
    )
    source = app.topic(told.input, key_type=bytes, value_type=bytes, value_serializer="raw")
    target = app.topic(told.output, key_type=bytes, value_type=bytes, value_serializer="raw")
    model = Model(told.model)

    @app.agent(source)
    async def score(stream: Any) -> None:
        async for record in stream.events():
            event = wire.read(record.value)
            value = wire.written(event, model.score(wire.rows([event]))[0])
            await target.send(key=record.key, value=value, partition=record.message.partition)

    return app


if __name__ == "__main__":
    sys.argv = ["faust", "worker", "--without-web", "--loglevel", "warn"]
    application(Told()).main()
