"""One system at one pace: started, warmed, sent to, listened to, asked for its own account of the time."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

import numpy as np

from driftline.local.child import Child
from driftline.local.ports import free_port
from load.bench.pacing.ages import FLOOR, Age
from load.bench.pacing.listening import READY, Heard
from load.bench.pacing.openloop import Pace, send, sent_apart
from load.bench.players.systems import Run, System
from load.bench.rig.drains import read
from load.bench.rig.events import time_of
from load.bench.rig.stage import PARTITIONS, Filled, Stage
from stream.kafka.scan import edges
from stream.telemetry.scrape import Scraped, scrape

LINGER_MILLIS, WARM_EVENTS, WARM_SECONDS, PATIENCE_SECONDS = 5.0, 200, 2.0, 60.0
NUMBERS, SENDER_SECONDS = count(), 0.5
"""What a sender's start takes."""
STAGES = ("decode", "validate", "infer", "encode", "produce", "commit")


@dataclass(frozen=True)
class Trial:
    """A system, or nobody, at a pace for so many seconds of which the first `skipped` do not count."""

    stage: Stage
    system: System | None
    rate: float
    seconds: float
    skipped: float = 3.0

    def age(self) -> Age:
        """Serve, send and listen."""
        topic = f"latency-{next(NUMBERS)}"
        self.stage.topic(topic)
        self.stage.topic(f"{topic}.dlq")
        with self._served(topic) as (output, address):
            before: list[Scraped] = []
            # The first seconds count for nobody: not for the listener, nor for the scorer's own account.
            timer = threading.Timer(self.skipped + SENDER_SECONDS, lambda: before.append(scrape(address)))
            if address:
                timer.start()
            heard, late = self._heard(topic, output)
            parts = _parts(before[0], scrape(address)) if before else {}
        if parts:
            parts = {"to the broker": self._sent_age(topic), **parts}
        return Age(FLOOR if self.system is None else self.system.row, self.rate, heard, late * 1000, parts)

    @contextmanager
    def _served(self, topic: str) -> Iterator[tuple[str, str]]:
        if self.system is None:
            yield topic, ""
            return
        port, is_ours = free_port(), self.system.answers == "ours"
        more = {"SCORER_ADMIN_PORT": str(port)} if is_ours else {"LINGER_MILLIS": "0"}
        run = Run(stage=self.stage, filled=Filled(topic, 0, PARTITIONS, "mlp"), name=f"{topic}.out", more=more)
        self.stage.topic(run.output)
        self.stage.topic(f"{run.name}.profiles", 1)
        command, told = self.system.start(run)
        child = Child.start(self.system.tag, command, log=run.path / "log", environment=told)
        try:
            self._warm(topic, run.output, child)
            # At least once is read before it is committed: the scorer's account of the time goes on for longer.
            is_told = is_ours and self.system.delivery == "exactly_once"
            yield run.output, f"http://127.0.0.1:{port}" if is_told else ""
        finally:
            child.stop()

    def _warm(self, topic: str, output: str, child: Child) -> None:
        """Until what is sent comes out, so that no start is measured."""
        send(self._pace(topic, WARM_EVENTS / WARM_SECONDS, WARM_SECONDS))
        until = time.monotonic() + PATIENCE_SECONDS
        while sum(end for _, end in edges(self.stage.brokers, [output]).values()) < WARM_EVENTS:
            if child.exit_code is not None or time.monotonic() > until:
                raise SystemExit(f"{child.name} answers nothing: {child.last_lines()}")
            time.sleep(0.2)

    def _pace(self, topic: str, rate: float, seconds: float) -> Pace:
        return Pace(self.stage.brokers, topic, self.stage.schema(), rate, seconds, LINGER_MILLIS)

    def _heard(self, topic: str, output: str) -> tuple[Heard, float]:
        """What the listener heard of it, and by how many seconds the sender was late at most."""
        pace = self._pace(topic, self.rate, self.seconds)
        wanted = [self.stage.brokers, output, str(int(self.rate * self.seconds)), str(self.skipped)]
        with _listener(*wanted) as listener:
            assert listener.stdout is not None  # noqa: S101 - a pipe was asked for
            if listener.stdout.readline().strip() != READY:
                raise SystemExit("the listener did not start")
            sent = sent_apart(pace, self.seconds + PATIENCE_SECONDS)
            heard, _ = listener.communicate(timeout=PATIENCE_SECONDS)
        found = json.loads(heard)
        return Heard(**{**found, "shares": tuple(found["shares"])}), sent.late_seconds

    def _sent_age(self, topic: str) -> float:
        """How long events took to the broker on average, from when they were meant to be sent; milliseconds."""
        values, stamps = read(self.stage, topic)
        times = np.array([time_of(value) / 1000 for value in values])
        counted = times >= times[np.argsort(times)[min(WARM_EVENTS, len(times) - 1)]] + self.skipped * 1000
        return float((stamps - times)[counted].mean()) if counted.any() else 0.0


@contextmanager
def _listener(*words: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "load.bench.pacing.listening", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _parts(before: Scraped, after: Scraped) -> Mapping[str, float]:
    """What the scorer says of the events in between: at the broker, in its hands until committed; milliseconds."""

    def mean(name: str, **labels: str) -> float:
        total, number = (
            after.value(f"{name}_{kind}", **labels) - before.value(f"{name}_{kind}", **labels)
            for kind in ("sum", "count")
        )
        return total / number * 1000 if number else 0.0

    waited, whole = mean("driftline_stage_seconds", stage="broker_wait"), mean("driftline_end_to_end_seconds")
    worked = {stage: mean("driftline_stage_seconds", stage=stage) for stage in STAGES}
    rest = whole - waited - sum(worked.values())
    return {"at the broker": waited, **worked, "in an open transaction": rest}
