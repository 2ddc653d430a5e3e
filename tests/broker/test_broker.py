"""The embedded broker, started for real."""

from pathlib import Path

import pytest

from driftline.local.broker import Broker
from driftline.local.ports import free_port
from driftline.output import Refusal
from stream.kafka.admin import Admin, WantedTopic


def test_topics_survive_a_killed_broker(tmp_path: Path) -> None:
    """After kill -9 and a restart the same address serves the same topics."""
    # The new broker may not register before the session of the killed one is over: 9 s unless said otherwise.
    broker = Broker.start(tmp_path, settings={"broker.session.timeout.ms": "2000"})
    try:
        Admin(broker.bootstrap).create([WantedTopic("kept", 3)])
        address = broker.bootstrap
        broker.kill()
        broker.restart()
        assert broker.bootstrap == address
        assert Admin(address).partition_counts()["kept"] == 3
    finally:
        assert broker.stop() in (0, 143)


def test_a_setting_that_kafka_refuses_is_shown_in_its_own_words(tmp_path: Path) -> None:
    """The message names the setting and what Kafka found there."""
    with pytest.raises(Refusal, match=r"many.*num\.network\.threads"):
        Broker.start(tmp_path, settings={"num.network.threads": "many"})


def test_a_broker_that_dies_while_starting_shows_what_its_log_complains_of(brokers: str, tmp_path: Path) -> None:
    """A controller port that another broker holds ends the start at once, with Kafka's reason."""
    taken = {"listeners": f"PLAINTEXT://127.0.0.1:{free_port()},CONTROLLER://{brokers}"}
    with pytest.raises(Refusal, match=r"it exited with 1.*\n(.*\n)*.*Address already in use"):
        Broker.start(tmp_path, settings=taken)


def test_a_taken_port_is_refused_before_kafka_starts(brokers: str, tmp_path: Path) -> None:
    """The message names the port."""
    port = int(brokers.rpartition(":")[2])
    with pytest.raises(Refusal, match=f"port {port} is taken"):
        Broker.start(tmp_path, port=port)
