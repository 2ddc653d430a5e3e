"""The proof that a scorer answered everything it was fed exactly once, by what readers of its topics see."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from driftline.audit import audit
from schemas.records import read_record
from stream.kafka.reading import assign_reader, errors_of, open_reader, to_batch
from stream.kafka.scan import edges, scan
from stream.records import Batch, Headers, Place
from tests.broker.scored import ScoredTopics
from tests.broker.scorer_world import PARTITIONS, World

PATIENCE_SECONDS = 20.0


class Record(NamedTuple):
    """A record as a reader sees it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class Answer(NamedTuple):
    """What became of one input position: a prediction, decoded, or a dead letter with its note."""

    source: tuple[int, int]
    record: Record
    prediction: dict[str, Any] | None
    note: dict[str, bytes | None]


def records(batch: Batch) -> Iterator[Record]:
    """A batch, record by record."""
    rows = zip(batch.topics, batch.partitions.tolist(), batch.offsets.tolist(), batch.keys, batch.values, strict=True)
    for row, said in enumerate(rows):
        yield Record(*said, batch.headers(row) or ())


def visible(world: World | ScoredTopics, *topics: str, isolation: str = "read_committed") -> list[Record]:
    """Everything a reader of `topics` gets to see."""
    return [one for batch in scan(world.brokers, topics, isolation=isolation) for one in records(batch)]


def answers(world: World) -> list[Answer]:
    """Every committed prediction with every committed dead letter; watermark marks left out."""
    found = []
    for record in visible(world, world.predictions, world.dead_letters):
        if record.topic == world.dead_letters:
            note = dict(record.headers)
            source = int(note["dlq.error.partition"] or b""), int(note["dlq.error.offset"] or b"")
            found.append(Answer(source, record, None, note))
        elif record.value is not None:
            said = read_record("prediction", record.value)
            assert said["source"]["topic"] == world.features
            found.append(Answer((said["source"]["partition"], said["source"]["offset"]), record, said, {}))
    return found


def prove_each_once(
    world: World, *, rejected: int = 0, dead: int = 0, degraded: int = 0, repeated: int = 0, duplicate: int = 0
) -> list[Answer]:
    """Invariant R: each input record answered once, in order, nothing left hanging, the ledger balanced.

    `repeated` of the records that were fed bear an id that came before; `duplicate` were told apart and not answered.
    """
    fed = {(one.partition, one.offset): one for one in visible(world, world.features)}
    nothing_hangs(world)
    found = answers(world)
    sources = Counter(answer.source for answer in found)
    unanswered = set(fed) - set(sources)
    assert (len(unanswered), sources - Counter(fed.keys())) == (duplicate, Counter()), sorted(unanswered)[:20]
    ids = [answer.prediction["event_id"] for answer in found if answer.prediction]
    assert len(ids) == len(set(ids)) + repeated == len(fed) - dead - duplicate
    for answer in found:
        came = fed[answer.source]
        assert (answer.record.partition, answer.record.key) == (came.partition, came.key)
        if answer.prediction:
            assert answer.prediction["event_id"].encode() in (came.value or b"")
    for topic in (world.predictions, world.dead_letters):
        for partition in range(PARTITIONS):
            in_order = [a.source for a in found if (a.record.topic, a.record.partition) == (topic, partition)]
            assert in_order == sorted(in_order)
    others = {"rejected": rejected, "dead": dead, "degraded": degraded, "duplicate": duplicate}
    balanced(world, scored=len(fed) - sum(others.values()), **others)
    return found


def nothing_hangs(world: World) -> None:
    """No transaction stays open: the committed end of every output becomes its end once a killed one timed out."""
    outputs = [world.predictions, world.dead_letters, world.profiles]

    def is_settled() -> bool:
        committed, whole = (edges(world.brokers, outputs, isolation=f"read_{level}committed") for level in ("", "un"))
        return committed == whole

    world.wait(is_settled)


def balanced(world: World, **counts: int) -> None:
    """The ledger proves it from the log alone, from the first position to the last, with these sums."""
    begins = dict.fromkeys(world.places(), 0)
    verdict = audit(world.books, begins=begins)
    assert verdict.status == "balanced", verdict.first_fault or verdict.reason
    accounts = verdict.partitions
    assert {Place(one.topic, one.partition) for one in accounts} == set(begins)
    assert {name: sum(getattr(one, name) for one in accounts) for name in counts} == counts


class Follower:
    """A read_committed reader that is there all the while: what it was shown cannot be taken back."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seen: list[tuple[str, int, int]] = []
        self._enough: int | None = None
        self._deadline = 0.0
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        reader = open_reader(self._world.brokers)
        topics = (self._world.predictions, self._world.dead_letters)
        assign_reader(reader, {Place(topic, number): 0 for topic in topics for number in range(PARTITIONS)})
        while self._enough is None or (len(self._seen) < self._enough and time.monotonic() < self._deadline):
            good, _ = errors_of(reader.consume(500, 0.05))
            if good:
                batch = to_batch(good)
                places = np.column_stack([batch.partitions, batch.offsets]).tolist()
                self._seen += [(topic, *place) for topic, place in zip(batch.topics, places, strict=True)]
        reader.close()

    def saw_the_same(self) -> None:
        """What it saw while faults happened is what there is to see now, no more, each once."""
        now = [record[:3] for record in visible(self._world, self._world.predictions, self._world.dead_letters)]
        self._deadline = time.monotonic() + PATIENCE_SECONDS
        self._enough = len(now)
        self._thread.join()
        assert sorted(self._seen) == sorted(now)
