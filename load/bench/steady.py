"""Whether a scorer's memory stays the same while it reads for MINUTES=10: one process fills a topic, ours empties it.

Looked at every half minute: what was written, what was answered, how much of the scorer is in memory. What one process
can fill is less than a scorer reads, so that it stays at the end of the topic, in batches of all sizes.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import takewhile

from driftline.local.child import Child
from load.bench.draining.watching import resident_bytes
from load.bench.players.ours import OURS
from load.bench.players.systems import Run
from load.bench.race import say
from load.bench.rig.events import SCHEMA, events
from load.bench.rig.figures import Table, keep, number
from load.bench.rig.noise import listen
from load.bench.rig.settings import conditions
from load.bench.rig.stage import PARTITIONS, Filled, Stage, fill
from stream.kafka.scan import edges

MINUTES, LOOK_SECONDS, MOST_EVENTS = 10, 30.0, 10**9


@dataclass(frozen=True)
class Look:
    """So many seconds after the start: both ends (a transaction takes places, too), bytes in memory."""

    seconds: float
    written: int
    answered: int
    resident: int


def looks(stage: Stage, run: Run, child: Child, until: threading.Event) -> Iterator[Look]:
    """One look every half minute until told to end, and one then. Raises SystemExit when the scorer dies."""
    began = time.monotonic()
    while True:
        ended = until.wait(LOOK_SECONDS)
        if child.exit_code is not None:
            raise SystemExit(f"the scorer died: {child.last_lines()}")
        ends = [
            sum(end for _, end in edges(stage.brokers, [topic]).values()) for topic in (run.filled.topic, run.output)
        ]
        yield Look(time.monotonic() - began, ends[0], ends[1], resident_bytes(child.pid))
        if ended:
            return


def main() -> None:
    """Fill and empty, print what memory did, keep the figures in out/bench/steady.json."""
    seconds, before, found = 60.0 * number("MINUTES", MINUTES), listen(), list[Look]()
    with Stage.open() as stage:
        run = Run(stage=stage, filled=Filled("steady", 0, PARTITIONS, "mlp"), name="steady-run")
        for topic in ("steady", "steady.dlq", run.output):
            stage.topic(topic)
        stage.topic(f"{run.name}.profiles", 1)
        schema, ended = stage.schema(SCHEMA), threading.Event()
        command, told = OURS[0].start(run)
        child = Child.start("steady", command, log=run.path / "log", environment=told)
        try:
            until = time.monotonic() + seconds
            pairs = takewhile(lambda _: time.monotonic() < until, events(MOST_EVENTS, schema))

            def filling() -> None:
                try:
                    fill(stage.producer(), "steady", pairs)
                finally:
                    ended.set()

            threading.Thread(target=filling).start()
            for look in looks(stage, run, child, ended):
                found.append(look)
                say(f"{look.seconds:,.0f} s: {look.written:,} written, {look.resident / 1e6:.0f} MB")
        finally:
            child.stop()
    table = Table(
        "memory over time",
        ("s", "events written", "answered", "MB"),
        tuple((f"{o.seconds:,.0f}", f"{o.written:,}", f"{o.answered:,}", f"{o.resident / 1e6:.0f}") for o in found),
    )
    say("\n".join(["", *table.lines()]))
    said = {**conditions(before, listen()), "looks": [asdict(one) for one in found]}
    say(f"written: {keep('steady', said, [table])}")


if __name__ == "__main__":
    main()
