"""Crayfish's task on a real Kafka: 784 numbers an event to ten classes, as JSON and packed, beside Kafka Streams.

EVENTS=100000 packed ones in their topic, a fifth of that as JSON, REPEATS=3 drains each in turns, SYSTEMS= tags. Each
system is checked before it is measured, as in serving. What was published of others is printed beside it.
"""

import os
from dataclasses import asdict, replace
from functools import partial

from load.bench.images.events import Shape
from load.bench.images.published import CAVEAT, published
from load.bench.players.lineup import java, no_java
from load.bench.players.ours import ours
from load.bench.players.systems import System, picked
from load.bench.race import say
from load.bench.rig.figures import COLUMNS, Table, keep, median, number, row
from load.bench.rig.noise import listen
from load.bench.rig.settings import conditions
from load.bench.rig.stage import Stage
from load.bench.serving import Contest, Drains

MODEL, EVENTS, REPEATS = "crayfish", 100_000, 3
TEXT_SHARE, JUDGED_SHARE = 5, 10
TOPIC = (
    "12 partitions, 16-byte id as key; JSON of 15 kB with the numbers in a string, Avro of 3.2 kB with float32 in bytes"
)
UNJUDGED = "strange rows not judged"


def system(tag: str, name: str, shape: Shape, lacks: str = "") -> System:
    """A row of ours."""
    return System(
        tag=tag,
        name=name,
        delivery="exactly_once",
        start=partial(ours, lacks=lacks),
        share=TEXT_SHARE if shape == "json" else 1,
        models=(MODEL,),
        answers="ours",
        shape=shape,
    )


def streams(threads: str) -> System:
    """Kafka Streams, which reads the same JSON."""
    more = {"threads": threads, "shape": "json"}
    return System(
        tag=f"streams-{threads}",
        name=f"Kafka Streams, JSON, {threads} thread{'s' * (threads != '1')}",
        delivery="exactly_once",
        start=partial(java, name="Streams", delivery="exactly_once", more=more),
        share=TEXT_SHARE,
        models=(MODEL,),
        missing=no_java(),
        shape="json",
    )


JSON = system("json", f"driftline, JSON, {UNJUDGED}", "json", "ood")
PACKED = system("packed", f"driftline, packed, {UNJUDGED}", "packed", "ood")
SYSTEMS = (
    JSON,
    PACKED,
    replace(system("judged", "driftline, packed, everything on", "packed"), share=JUDGED_SHARE),
    streams("1"),
    streams("2"),
)


def aims(drains: Drains) -> Table:
    """What was aimed at beside what was found, as far as those it takes have played."""
    rates = {name: median(some, "rate") for name, some in drains.items()}
    others = [rates[one.row] for one in map(streams, "12") if one.row in rates]
    rows = []
    if JSON.row in rates and others:
        rows.append(
            ("JSON: ours ÷ Kafka Streams, the better of one and two threads", "4", rates[JSON.row] / max(others))
        )
    if JSON.row in rates and PACKED.row in rates:
        rows.append(("ours: packed ÷ JSON", "10", rates[PACKED.row] / rates[JSON.row]))
    said = tuple((what, aim, f"{found:.1f}") for what, aim, found in rows)
    return Table("aims", ("what was aimed at, exactly once", "aim", "found"), said)


def main() -> None:
    """Measure, print the tables, keep the figures in out/bench/crayfish.json."""
    playing, before = picked(SYSTEMS, os.environ.get("SYSTEMS", "")), listen()
    with Stage.open() as stage:
        drains = Contest(stage, MODEL, playing).run(number("EVENTS", EVENTS), number("REPEATS", REPEATS))
    after = listen()
    beside = drains.get(JSON.row, ())
    measured = Table("crayfish", COLUMNS, tuple(row(name, some, beside) for name, some in drains.items()))
    tables = [measured, aims(drains), published()]
    for one in tables:
        say("\n".join(["", one.title, *one.lines()]))
    say(f"\n{CAVEAT}\nnoise before: {before}\nnoise after: {after}")
    said = conditions(before, after)
    said["settings"] |= {"topic": TOPIC, "model": "784-32-32-32-10, 28 thousand parameters", "published": CAVEAT}
    raw = {name: [asdict(one) for one in some] for name, some in drains.items()}
    say(f"written: {keep('crayfish', {**said, 'drains': raw}, tables)}")


if __name__ == "__main__":
    main()
