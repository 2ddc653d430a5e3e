"""The labeler against a naive one: both drain the same kind of topics on a real Kafka and a real Valkey.

EVENTS=400000 events for ours, a tenth of it for the naive one, REPEATS=3 times each in turns. Every drain begins with
an empty waiting room and is checked: each event has one outcome that stands, with the status and label it must have.
"""

import json
import os
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from driftline.local.broker import Broker
from driftline.local.child import Child
from driftline.local.valkey import Valkey
from load.bench.draining.filling import Filled, fill, is_told
from load.bench.draining.watching import LOOK_SECONDS, Drain, Watched
from load.bench.race import say
from schemas.contracts import latest
from schemas.records import read_record
from schemas.source import DirectorySource
from stream.kafka.admin import Admin, WantedTopic
from stream.kafka.scan import scan

EVENTS, REPEATS, PARTITIONS, SHARE = 400_000, 3, 12, 10
HORIZON = 36 * 3_600_000_000
BUNDLE = Path("load/flights/bundle")


@dataclass(frozen=True)
class Stage:
    """Where both play: a broker, a directory for stores, logs and schemas."""

    brokers: str
    broker_pid: int
    path: Path

    def filled(self, name: str, events: int) -> Filled:
        """Topics with so many events, and no others in them."""
        topics = {kind: f"{name}.flights.{kind}" for kind in ("predictions", "labels")}
        schemas = self.path / "schemas"
        made = Filled(**topics, events=events, partitions=PARTITIONS, schemas=schemas)
        names = [*topics.values(), *(f"{topic}.dlq" for topic in topics.values())]
        Admin(self.brokers).create([WantedTopic(topic, PARTITIONS) for topic in names])
        fill(self.brokers, made)
        return made

    def drain(self, name: str, run: str, filled: Filled) -> Drain:
        """One drain by the labeler called `name`, checked."""
        outcomes, profiles = f"{run}.flights.outcomes", f"{run}.flights.profiles"
        Admin(self.brokers).create([WantedTopic(outcomes, PARTITIONS), WantedTopic(profiles, 1)])
        store = Valkey.start(self.path / run / "valkey")
        command, told = (ours if name == "ours" else naive)(self, store.address, run, filled)
        child = Child.start(name, command, log=self.path / run / "log", environment=told)
        try:
            drained = Watched(
                brokers=self.brokers,
                group=f"{run}.flights.labeler",
                inputs=(filled.predictions, filled.labels),
                output=outcomes,
                pids={"labeler": child.pid, "Kafka": self.broker_pid, "store": store.pid},
                lives=partial(_lives, child),
            ).drain()
        finally:
            child.stop()
            store.stop()
        wrong = differs(table(self.brokers, outcomes), filled.events)
        if wrong:
            raise SystemExit(f"{name}: {wrong}; its log is {child.last_lines()}")
        return drained


def _lives(child: Child) -> bool:
    return child.exit_code is None


def ours(stage: Stage, redis: str, run: str, filled: Filled) -> tuple[Sequence[str], Mapping[str, str]]:
    """Our labeler as anybody starts it, all of it on; once all is read it looks often who expires."""
    said = {
        "BROKERS": stage.brokers, "REDIS": redis, "BUNDLE": str(BUNDLE), "SCHEMAS": str(filled.schemas),
        "PREFIX": f"{run}.", "PREDICTIONS_TOPIC": filled.predictions, "LABELS_TOPIC": filled.labels,
        "BEGIN": "earliest", "ADMIN_PORT": "0", "HEARTBEAT_SECONDS": str(LOOK_SECONDS),
    }  # fmt: skip
    return [sys.executable, "-m", "services.labeler"], {f"LABELER_{name}": value for name, value in said.items()}


def naive(stage: Stage, redis: str, run: str, filled: Filled) -> tuple[Sequence[str], Mapping[str, str]]:
    """The naive one."""
    told = {
        "brokers": stage.brokers, "redis": redis, "predictions": filled.predictions, "labels": filled.labels,
        "outcomes": f"{run}.flights.outcomes", "group": f"{run}.flights.labeler", "horizon": HORIZON,
        "schema": DirectorySource(filled.schemas).add(latest("outcome")),
    }  # fmt: skip
    return [sys.executable, "-m", "load.bench.peers.naive_labeler", json.dumps(told)], {}


def table(brokers: str, topic: str) -> dict[str, tuple[str, bool | None]]:
    """By event the status and label that stand: those with the highest seq. Raises SystemExit for a repeated seq."""
    best: dict[str, tuple[int, tuple[str, bool | None]]] = {}
    for batch in scan(brokers, [topic]):
        for value in batch.values:
            one = read_record("outcome", value or b"", fields=("event_id", "status", "seq", "label"))
            known = best.get(one["event_id"])
            if known is not None and known[0] == one["seq"]:
                raise SystemExit(f"{topic}: found two outcomes {one['seq']} of event {one['event_id']}, expected one")
            if known is None or one["seq"] > known[0]:
                best[one["event_id"]] = one["seq"], (one["status"], one["label"])
    return {name: said for name, (_, said) in best.items()}


def differs(found: Mapping[str, tuple[str, bool | None]], events: int) -> str:
    """What is not as it must be; "" when every event has its right outcome."""
    names = {f"{number:08d}": number for number in range(events)}
    wrong = [
        f"event {name}: found {found.get(name)}, expected {said}"
        for name, said in (
            (name, ("matched", number % 3 == 0) if is_told(number) else ("expired", None))
            for name, number in names.items()
        )
        if found.get(name) != said
    ]
    strangers = len(found.keys() - names.keys())
    return f"{len(wrong)} events are wrong, {strangers} unknown: {wrong[:3]}" if wrong or strangers else ""


def bench(stage: Stage, events: int, repeats: int) -> dict[str, list[Drain]]:
    """Drain in turns; print each drain, then both systems."""
    inputs = {"ours": stage.filled("many", events), "naive": stage.filled("few", max(1, events // SHARE))}
    drains: dict[str, list[Drain]] = {name: [] for name in inputs}
    for name in inputs:
        # Unmeasured: the broker compiles its own code while it is new, and whoever came first would pay for it.
        stage.drain(name, f"{name}-warm", inputs["naive"])
    for turn in range(repeats):
        for name, filled in inputs.items():
            drains[name].append(stage.drain(name, f"{name}{turn}", filled))
            say(shown(f"{name}, drain {turn + 1}", drains[name][-1]))
    say(f"{'records/s: least, median, most':28} {'CPU s/M, median: labeler, all':>32}")
    for name, some in drains.items():
        rates, own, whole = [one.rate for one in some], *costs(some)
        say(
            f"{name:8} {min(rates):9,.0f} {statistics.median(rates):9,.0f} {max(rates):9,.0f} {own:14.1f} {whole:11.1f}"
        )
    first, second = drains["ours"], drains["naive"]
    rate = statistics.median(one.rate for one in first) / statistics.median(one.rate for one in second)
    own, whole = (theirs / our for our, theirs in zip(costs(first), costs(second), strict=True))
    say(f"ours is {rate:.1f} times as fast; of the processor it needs 1/{own:.1f} by itself, 1/{whole:.1f} with all")
    return drains


def costs(some: Sequence[Drain]) -> tuple[float, float]:
    """Medians of CPU-seconds a million records: of the labeler, of all processes together."""
    every = [one.cpu_a_million for one in some]
    return statistics.median(one["labeler"] for one in every), statistics.median(sum(one.values()) for one in every)


def shown(what: str, one: Drain) -> str:
    """One drain in a line."""
    cpu = ", ".join(f"{name} {seconds:.1f}" for name, seconds in one.cpu_a_million.items())
    start, end = (size / 1e6 for size in one.resident)
    return f"{what:16} {one.rate:9,.0f} records/s; CPU s/M: {cpu}; resident {start:.0f} MB, then {end:.0f} MB"


def main() -> None:
    """Start a broker for it."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory)
        broker = Broker.start(path / "kafka", heap="1g", fast=False)
        try:
            events, repeats = int(os.environ.get("EVENTS", EVENTS)), int(os.environ.get("REPEATS", REPEATS))
            bench(Stage(broker.bootstrap, broker.pid, path), events, repeats)
        finally:
            broker.stop()


if __name__ == "__main__":
    main()
