"""What a transactional log is configured with holds together, by librdkafka's own judgement."""

import pytest
from confluent_kafka import Consumer, Producer

from stream.kafka.clients import made
from stream.kafka.settings import LogSettings


def settings(**other: float | str) -> LogSettings:
    """Settings of a log that is never opened."""
    return LogSettings(brokers="127.0.0.1:1", group="g", topics=("t",), session="s", **other)  # type: ignore[arg-type]  # a test's words


@pytest.mark.parametrize("seconds", [6, 8.5, 300])
def test_a_member_may_be_given_little_time(seconds: float) -> None:
    """The session is never longer than the time between two reads, which librdkafka would refuse."""
    config = settings(max_poll_seconds=seconds).consumer()
    assert config["max.poll.interval.ms"] == seconds * 1000
    assert config["session.timeout.ms"] == min(10_000, seconds * 1000)
    made(Consumer, config).close()


def test_librdkafka_takes_the_bounds_of_memory() -> None:
    """What is fetched ahead, what one answer holds, what waits to be sent: bounded, and by little."""
    made(Consumer, settings().consumer()).close()
    made(Producer, settings().producer())
    config = settings().consumer()
    assert config["queued.max.messages.kbytes"] * 1024 + config["fetch.max.bytes"] <= 20_000_000
    assert config["fetch.max.bytes"] + 512 <= config["receive.message.max.bytes"]
    assert settings().producer()["queue.buffering.max.kbytes"] * 1024 < 40_000_000


def test_at_least_once_is_not_transactional_and_waits_for_nobody() -> None:
    """Still idempotent: what librdkafka itself sends again is there once, in order."""
    config = settings(delivery="at_least_once").producer()
    assert not {"transactional.id", "transaction.timeout.ms"} & set(config)
    assert (config["linger.ms"], config["enable.idempotence"]) == (0, True)
    made(Producer, config)
