"""One soak: the schedule is played on a scene, then peace, then the proof."""

import heapq
import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from driftline.audit import audit
from driftline.output import Refusal
from stream.faults import Stopped
from stream.records import Place
from tests.faults.soak.answers import read_answers, read_fed
from tests.faults.soak.proof import Findings, merged, proven
from tests.faults.soak.scene.acting import ACTS
from tests.faults.soak.scene.members import ENDED, told
from tests.faults.soak.scene.stage import PARTITIONS, Scene
from tests.faults.soak.schedule import Step, schedule
from tests.faults.soak.stalls import Stalls

TELL_SECONDS, LOOK_SECONDS = 10.0, 0.25
DRAIN_SECONDS, STOP_SECONDS, FOLLOW_SECONDS = 100.0, 40.0, 30.0
COUNTED = ("scored", "degraded", "rejected", "dead", "marks")
Tell = Callable[[str], None]


@dataclass
class Outcome:
    """What a soak came to; without `faults`, and proven, it held."""

    seed: int
    seconds: float
    faults: list[str] = field(default_factory=list)
    is_proven: bool = False
    findings: Findings = field(default_factory=Findings)
    events: int = 0
    done: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    why: Counter[str] = field(default_factory=Counter)
    lives: int = 0
    ledger: str = "not looked at"
    longest_stall_seconds: float = 0.0
    stalled_at_seconds: float = 0.0
    largest_resident_bytes: int = 0
    slowest_stop_seconds: float = 0.0
    drained_seconds: float = 0.0
    wall_seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """Nothing lost, nothing twice, nothing else wrong, and all of that was looked at."""
        return self.is_proven and not self.faults and not self.findings.lost and not self.findings.duplicates


class Soak:
    """A scene on which a schedule is played."""

    def __init__(
        self, path: Path, *, seed: int, seconds: float, gap_seconds: float, rate: float, tell: Tell, **scene: Any
    ) -> None:
        self.outcome = Outcome(seed, seconds)
        self.steps = schedule(seed, seconds, gap_seconds)
        self._tell, self._seed = tell, seed
        path.mkdir(parents=True, exist_ok=True)
        (path / "schedule.txt").write_text("".join(f"{step}\n" for step in self.steps))
        tell(f"seed {seed}: {len(self.steps)} steps in {seconds:g} s, listed in {path / 'schedule.txt'}")
        self._began = time.monotonic()
        self.scene = Scene(path, seed=seed, rate=rate, **scene)
        self._stalls, self._now = Stalls(), "beginning"
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def run(self) -> Outcome:
        """Play, drain, prove. Whatever happens, `outcome` holds what is known by then."""
        self._watcher.start()
        try:
            self._until_first_commit()
            self._began = time.monotonic()
            self._play()
            self._drain()
            self._end_members()
            self._prove()
        except (Stopped, Refusal) as error:
            self.outcome.faults.append(f"the soak itself could not go on: {error}")
        finally:
            self._sum_up()
        return self.outcome

    def close(self) -> None:
        """End every process, thread and mount of it."""
        self._over.set()
        if self._watcher.is_alive():
            self._watcher.join()
        self.scene.close()

    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    def _until_first_commit(self) -> None:
        deadline = time.monotonic() + DRAIN_SECONDS
        while len(self.scene.follower.seen) == 0:
            if time.monotonic() > deadline:
                raise Stopped("no scorer answered anything before the first fault")
            time.sleep(LOOK_SECONDS)

    def _play(self) -> None:
        order = itertools.count()
        due: list[tuple[float, int, Step | None, Callable[[], None]]] = [
            (step.at_seconds, next(order), step, lambda: None) for step in self.steps
        ]
        heapq.heapify(due)
        try:
            while due:
                at, _, step, undo = heapq.heappop(due)
                time.sleep(max(0.0, at - self._elapsed()))
                if step is None:
                    undo()
                elif (then := self._do(step)) is not None:
                    heapq.heappush(due, (self._elapsed() + step.lasts_seconds, next(order), None, then))
            time.sleep(max(0.0, self.outcome.seconds - self._elapsed()))
        finally:
            for _, _, step, undo in due:  # told to stop in between: what was begun is undone all the same
                if step is None:
                    undo()
        self.scene.catch_up()

    def _do(self, step: Step) -> Callable[[], None] | None:
        self._now = f"{step.deed} {step.target}"
        then = ACTS[step.deed](self.scene, step)
        (self.outcome.left_out if then is None else self.outcome.done)[step.deed] += 1
        return then

    def _watch(self) -> None:
        """Looks for stalls, tells how it goes."""
        next_telling = self._elapsed() + TELL_SECONDS
        while not self._over.wait(LOOK_SECONDS):
            fed, seen = self.scene.delivered, len(self.scene.follower.seen)
            self._stalls.look(self._elapsed(), waiting=fed - seen, seen=seen)
            if self._elapsed() >= next_telling:
                next_telling += TELL_SECONDS
                self._tell(f"{self._elapsed():7.0f} s  fed {fed:>9,}  answered {seen:>9,}  now: {self._now}")

    def _drain(self) -> None:
        self._now = "draining"
        began = time.monotonic()
        for number, feeder in enumerate(self.scene.feeders):
            if under_way := feeder.stop():
                self.outcome.faults.append(f"producer {number} could not deliver {under_way} inputs")
            self.outcome.faults += [f"producer {number} gave up on input {what}" for what in feeder.refused[:3]]
        while left := self.scene.unfinished():
            if time.monotonic() - began > DRAIN_SECONDS:
                self.scene.warden.ask_where()
                self.outcome.faults.append(f"not drained {DRAIN_SECONDS:.0f} s after the last fault: {left}")
                return
            time.sleep(LOOK_SECONDS)
        self.outcome.drained_seconds = time.monotonic() - began

    def _end_members(self) -> None:
        codes = {name: code for name, code in self.scene.warden.stop(STOP_SECONDS).items() if code not in ENDED}
        self.outcome.faults += [f"scorer {name} exited with {code} at the end" for name, code in codes.items()]
        if left := self.scene.unfinished():
            self.outcome.faults.append(f"the members left something behind: {left}")

    def _prove(self) -> None:
        self._now = "proving"
        self._tell(f"{self._elapsed():7.0f} s  reading everything back")
        books = self.scene.books
        fed, answers = read_fed(books), read_answers(books)
        followed = self.scene.follower.stop(len(answers), FOLLOW_SECONDS)
        delivered = merged([np.array(feeder.delivered, np.int64) for feeder in self.scene.feeders])
        found = proven(fed, answers, seed=self._seed, delivered=delivered, followed=followed)
        self.outcome.findings, self.outcome.events = found, len(fed)
        self.outcome.faults += found.faults
        verdict = audit(books, begins={Place(books.topic("features"), number): 0 for number in range(PARTITIONS)})
        self.outcome.ledger = verdict.status
        if verdict.status != "balanced":
            self.outcome.faults.append(f"the ledger is {verdict.status}: {verdict.first_fault or verdict.reason}")
        sums = {word: sum(getattr(one, word) for one in verdict.partitions) for word in COUNTED}
        if sums != found.answered:
            self.outcome.faults.append(f"the ledger says {sums}, the topics hold {found.answered}")
        self.outcome.is_proven = True

    def _sum_up(self) -> None:
        outcome, members = self.outcome, self.scene.warden.members.values()
        outcome.told = told([*(member.log for member in members), self.scene.broker.log])
        for member in members:
            outcome.why.update(member.why)
        outcome.faults += [f"a scorer ended unexplained: {why}" for why in outcome.why if "unexplained" in why]
        outcome.events = outcome.events or self.scene.delivered
        outcome.lives = sum(member.lives for member in members)
        outcome.largest_resident_bytes = max(member.resident_bytes for member in members)
        outcome.slowest_stop_seconds = max(member.slowest_stop_seconds for member in members)
        outcome.longest_stall_seconds = self._stalls.longest_seconds
        outcome.stalled_at_seconds = self._stalls.began_seconds
        outcome.wall_seconds = self._elapsed()
