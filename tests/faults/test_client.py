"""What Kafka's client does to us: a full queue, a callback that raises."""

from typing import Any

import pytest

from stream.faults import Indefinite, Stopped
from stream.kafka.consumer import GroupConsumer
from stream.kafka.log import KafkaLog
from stream.kafka.settings import LogSettings
from tests.broker.scorer_proof import prove_each_once
from tests.broker.scorer_world import World
from tests.broker.test_kafka_log import KafkaBench
from tests.stream.log_suite import copy, settle

EVENTS = 2_000
ROOM = 20


@pytest.fixture
def bench(brokers: str, prefix: str) -> KafkaBench:
    """Fresh topics, a fresh group."""
    return KafkaBench(brokers, prefix)


class Raising:
    """A callback that raises whenever it is called, until told otherwise."""

    def __init__(self) -> None:
        self.raises, self.times = False, 0
        self._raised: list[LookupError] = []

    def __call__(self, *_given: object) -> None:
        self.times += 1
        if self.raises:
            self._raised.append(LookupError("within a callback"))
            raise self._raised[-1]

    def let_go(self) -> None:
        """Forget the frames that were seen: confluent-kafka 2.16 keeps what a callback raised for ever.

        Those frames hold the producer, whose statistics would cost half a core until the run ends.
        """
        for error in self._raised:
            error.__traceback__ = None


class WithCallback(LogSettings):
    """Settings that bring a callback of the producer, as none of ours do."""

    name: str
    callback: Raising

    def producer(self) -> dict[str, Any]:
        """Statistics come often, so that each call of a transaction finds some."""
        return super().producer() | {self.name: self.callback, "statistics.interval.ms": 1}


@pytest.mark.parametrize("name", ["on_delivery", "stats_cb"])
def test_f23_a_callback_that_raises_hides_no_result_of_a_transaction(bench: KafkaBench, name: str) -> None:
    """Nobody knows what became of it, so the group is asked: each record is there once, whatever the answer."""
    bench.feed([b"1", b"2", b"3"])
    plain, callback = bench.settings(), Raising()
    said = WithCallback(**vars(plain))
    object.__setattr__(said, "name", name)
    object.__setattr__(said, "callback", callback)
    log = KafkaLog(said, resume=lambda _places: {})
    starts = settle(log)
    copy(log, bench.sink, 3)
    callback.raises = True
    with pytest.raises(Indefinite, match="a callback hid the result: LookupError: within a callback"):
        log.commit(dict.fromkeys(starts, ""))
    callback.raises = False
    assert callback.times > 0
    if not log.restart():
        copy(log, bench.sink, 3)
        log.commit(dict.fromkeys(starts, ""))
    assert bench.visible() == {0: [b"1", b"2", b"3"]}
    log.close()
    callback.let_go()


@pytest.mark.parametrize("name", ["_on_assign", "_on_revoke"])
def test_f23_a_rebalance_callback_that_raises_stops_with_its_words(
    bench: KafkaBench, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """It does not reach the client, whose state it would upset; the next read says what it was."""
    callback = Raising()
    monkeypatch.setattr(GroupConsumer, name, callback.__call__)
    log = bench.member()
    callback.raises = True
    with pytest.raises(Stopped, match="a callback of ours failed: LookupError: within a callback"):
        disturb(bench, log)
    log.close()


def disturb(bench: KafkaBench, log: Any) -> None:
    """Let it have an assignment, then another."""
    settle(log)
    settle(bench.member(), [log])


def test_f24_a_full_queue_waits_with_every_record_in_its_place(world: World) -> None:
    """Batches of 500 through a queue of 20: each record waits for room, none is left out, order is kept."""
    world.feed_events(EVENTS)
    scorer = world.scorer(slot="one", kafka_config=world.tuned(queue_buffering_max_messages=ROOM))
    world.drain()
    assert scorer.stop() == 0, world.logs()
    prove_each_once(world)
