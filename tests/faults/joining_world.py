"""A labeler's world on the embedded Kafka: the same history of predictions and labels each time, told in portions."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from driftline.audit import audit
from driftline.books import outcomes
from driftline.local.child import Child
from driftline.local.valkey import Valkey
from schemas.contracts import latest
from schemas.framing import frame
from schemas.records import write_record
from schemas.source import DirectorySource
from stream.clocks import MARK_HEADER
from stream.kafka.clients import open_producer
from stream.kafka.reading import committed_of
from stream.kafka.scan import edges
from stream.records import Place
from tests.broker.nursery import Nursery
from tests.broker.scorer_world import KEYS, PARTITIONS, World
from tests.models.bundles import make_bundle
from tests.services.labeler.records import HOUR, prediction

EVENTS = 400
MINUTE, START = HOUR // 60, 1_362_096_000_000_000
LABEL = {"field": "late", "horizon": "1h", "late_window": "1h", "revision_window": "1h"}
QUICK = {"batch_rows": 20, "commit_millis": 20, "heartbeat_seconds": 0.3}
Row = tuple[str, bool | None, int | None, bool | None]
Table = dict[tuple[str, str, str], Row]


def history() -> list[tuple[str, int, dict[str, Any]]]:
    """Topic, event and record, in the order of their times.

    A minute lies between events, every fourth is predicted by a shadow too. Of ten, seven have their label in time, one
    has it late, one has it revised, one never gets any; every third label comes twice.
    """
    told: list[tuple[int, str, int, dict[str, Any]]] = []
    for number in range(EVENTS):
        time, name = START + number * MINUTE, f"e{number}"
        source = {"topic": "f", "partition": 0, "offset": number}
        arms = [("champion", "1"), ("shadow", "2")][: 2 if number % 4 == 0 else 1]
        told += [
            (time, "predictions", number, prediction(name, time, arm=arm, model_version=version, source=source))
            for arm, version in arms
        ]
        late = {8: 80}.get(number % 10, 10 + number % 40)
        if number % 10 != 9:
            label = {"event_id": name, "label": number % 3 == 0, "labelled_at": time + late * MINUTE, "revision": 0}
            told += [(time + late * MINUTE, "labels", number, label)] * (2 if number % 3 == 0 else 1)
        if number % 10 == 7:
            again = {"event_id": name, "label": number % 3 != 0, "labelled_at": time + 90 * MINUTE, "revision": 1}
            told.append((time + 90 * MINUTE, "labels", number, again))
    return [one[1:] for one in sorted(told, key=lambda one: one[:3])]


class Joins(World):
    """Labelers on a history; each is a process of its own."""

    def __init__(self, brokers: str, prefix: str, path: Path, nursery: Nursery) -> None:
        super().__init__(brokers, prefix, path, nursery)
        make_bundle(path / "bundle", label=LABEL)
        self.books = replace(self.books, role="labeler")
        source = DirectorySource(path / "schemas")
        self._frames = {f"{name}s": frame(source.add(latest(name))) for name in ("prediction", "label")}
        self._records, self._told = history(), 0
        self._sender = open_producer(brokers)

    def labeler(self, valkey: Valkey | str, *, at: str = "", **settings: object) -> Child:
        """Start a labeler; with `at`, one that dies or freezes there."""
        address = valkey if isinstance(valkey, str) else valkey.address
        said = {"redis": address, "slot": "one", "kafka_config": self.tuned(), **QUICK, **settings}
        mine = {name.replace("SCORER_", "LABELER_", 1): text for name, text in self.settings(**said).items()}
        module = "tests.faults.dying" if at else "services.labeler"
        return self._start(module, {**mine, "DYING_AT": at} if at else mine)

    def tell(self, share: float) -> None:
        """So much of the history, from where it was left."""
        upto = min(len(self._records), self._told + round(share * len(self._records)))
        for kind, number, record in self._records[self._told : upto]:
            value = write_record(kind.removesuffix("s"), record, self._frames[kind])
            self._sender.produce(self.books.topic(kind), value, b"k%d" % (number % KEYS))
        assert self._sender.flush(30) == 0
        self._told = upto

    def finish(self) -> None:
        """The rest, then both topics come further than anything that is waited for; return once nothing is left."""
        self.tell(1)
        header = [(MARK_HEADER, b"%d" % (START + 48 * HOUR))]
        for kind in ("predictions", "labels"):
            for partition in range(PARTITIONS):
                self._sender.produce(self.books.topic(kind), None, b"k", partition=partition, headers=header)
        assert self._sender.flush(30) == 0
        self.drain()
        self.wait(lambda: len(self.table()) == EVENTS * 5 // 4)

    def behind(self) -> int:
        """Positions of both topics that the group has yet to commit."""
        topics = [self.books.topic(kind) for kind in ("predictions", "labels")]
        places = [Place(topic, partition) for topic in topics for partition in range(PARTITIONS)]
        stands, ends = committed_of(self.brokers, self.books.reader, places), edges(self.brokers, topics)
        return sum(end - stands.get(place, low) for place, (low, end) in ends.items())

    def ended(self, child: Child) -> None:
        """Wait for its end."""
        self.wait(lambda: child.exit_code is not None)

    def close(self) -> None:
        """Stop whoever still runs."""
        del self._sender
        super().close()

    def rows(self) -> list[dict[str, Any]]:
        """Every outcome that has a seq."""
        return [one for one in outcomes(self.books) if one["seq"] >= 0]

    def table(self) -> Table:
        """By event, version and arm: what the record with the highest seq says."""
        best: dict[tuple[str, str, str], tuple[int, Row]] = {}
        for one in self.rows():
            key = one["event_id"], one["model_version"], one["arm"]
            if key not in best or one["seq"] > best[key][0]:
                best[key] = one["seq"], (one["status"], one["label"], one["revision"], one["correct"])
        return {key: row for key, (_, row) in best.items()}

    def prove(self, calm: Table) -> None:
        """The table of the calm run; no outcome twice, none left out; each position accounted for once."""
        assert self.table() == calm
        seqs: dict[tuple[str, str, str], list[int]] = {}
        for one in self.rows():
            seqs.setdefault((one["event_id"], one["model_version"], one["arm"]), []).append(one["seq"])
        odd = {key: found for key, found in seqs.items() if found != list(range(len(found)))}
        assert not odd, odd
        verdict = audit(self.books)
        assert verdict.status == "balanced", verdict.first_fault or verdict.reason


def statuses(table: Table) -> Counter[str]:
    """How many rows have each status."""
    return Counter(row[0] for row in table.values())
