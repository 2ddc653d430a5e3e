"""The only loop: a record leaves it one of two ways, used or set aside with a reason."""

import time
from collections.abc import Callable, Iterable, Mapping

from stream.faults import Abort, Disturbed, Indefinite, Stopped
from stream.holding import Holding
from stream.log import Log
from stream.pace import PARTS, Pace
from stream.records import Batch, Place, Writes
from stream.stage import Stage, Watch

SLICE_SECONDS = 0.1


class Loop:
    """Pumps batches through a stage; each batch is one transaction or part of one."""

    def __init__(
        self,
        log: Log,
        stage: Stage,
        watch: Watch,
        *,
        pace: Pace | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._log, self._stage, self._watch = log, stage, watch
        self._pace, self._clock, self._sleep = pace or Pace(), clock, sleep
        self._opened: float | None = None
        self._bytes, self._producing = 0, 0.0
        self._last, self._rest = clock(), self._pace.quiet_seconds
        self._taking, self._last_rows, self._read_at = 0.0, 0, clock()
        self._failures = 0
        self._failing = 0.0
        self._holding = Holding(watch.held)
        self._until: Callable[[], bool] = lambda: False

    def run(self, until: Callable[[], bool]) -> None:
        """Turn until `until()`, then commit what is finished. Raises Stopped."""
        self._until = until
        while not until():
            self._watch.beat()
            self._guarded(self._turn)
        if self._opened is not None:
            self._guarded(self._settle)

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Disturbed as change:
            self._watch.disturbed(change.args)
            self._holding.forget()
            if self._opened is not None:
                self._undo("the assignment changed")
            self._stage.assigned({})
        except Abort as fault:
            self._undo(str(fault))
            self._back_off(str(fault))
        except Indefinite as fault:
            self._restart(str(fault))

    def _turn(self) -> None:
        self._release()
        self._await_more()
        batch = self._log.poll(self._patience())
        starts = self._log.starts()
        if starts is not None:
            self._stage.assigned(starts)
            self._watch.assigned(starts)
            # The first account comes at once: it makes the starting positions the group's own.
            self._last = self._clock() - self._pace.heartbeat_seconds
        if batch is not None:
            began = self._read_at = self._clock()
            self._opened = began if self._opened is None else self._opened
            self._write(self._stage.take(batch))
            self._hold(batch, self._stage.held())
            self._taking, self._last_rows = self._clock() - began, len(batch)
        if self._due(drained=batch is None or len(batch) < self._pace.few_rows):
            self._settle()

    def _await_more(self) -> None:
        """Let come what is part of the next commit anyhow: one batch costs less than the same rows in ten.

        In some parts, so that what is written early is at the broker when the commit begins.
        """
        until = min(self._last + self._rest - self._taking, self._read_at + self._rest / PARTS)
        while self._pace.gathers(self._last_rows) and (left := until - self._clock()) > 0 and not self._until():
            self._watch.beat()
            self._sleep(min(SLICE_SECONDS, left))

    def _release(self) -> None:
        due = self._holding.due(self._clock())
        if due:
            self._log.release(due)

    def _hold(self, batch: Batch, places: Mapping[Place, int]) -> None:
        """Give back what the stage could not go on with."""
        if places:
            self._log.hold(places)
        if places or self._holding:
            self._holding.took(batch, places.keys(), self._clock() + self._pace.hold_seconds)

    def _patience(self) -> float:
        if self._opened is None and not self._stage.has_more():
            return self._pace.idle_seconds
        # No longer than an idle look: who is asked to stop, or commits seldom, still hears it.
        return min(self._pace.idle_seconds, max(0.0, self._last + self._rest - self._clock()))

    def _due(self, *, drained: bool) -> bool:
        now = self._clock()
        if self._opened is None:
            pause = self._pace.quiet_seconds if self._stage.has_more() else self._pace.heartbeat_seconds
            return now - self._last >= pause and bool(self._log.still())
        if self._stage.is_due():
            return True
        if drained:
            return now - self._last >= self._rest
        if self._bytes >= self._pace.most_bytes:
            return True
        held = now - self._opened
        return held >= self._pace.longest_seconds and (held >= self._pace.far_seconds or not self._is_far())

    def _is_far(self) -> bool:
        """Whether so much waits to be read that nobody sees the next commit soon."""
        return sum(self._log.lag().values()) > self._pace.far_rows

    def _write(self, writes: Iterable[Writes]) -> None:
        for some in writes:
            self._bytes += some.size()
            began = self._clock()
            self._log.write(some)
            self._producing += self._clock() - began

    def _settle(self) -> None:
        """Account, commit, tell: in this order, so that the account is part of what it accounts for."""
        settling = self._clock()
        self._log.secure()
        self._write(self._stage.settle(self._log.spans() or self._log.still()))
        began = self._clock()
        self._log.commit(self._stage.metadata())
        self._watch.settled(self._producing, self._clock() - began)
        self._close("committed")
        self._rest = self._pace.rest_seconds(self._clock() - settling)

    def _close(self, result: str, why: str = "") -> None:
        if result == "committed":
            self._failures = 0
            self._stage.committed()
        else:
            self._stage.aborted()
        self._opened, self._bytes, self._producing, self._last = None, 0, 0.0, self._clock()
        self._watch.ended(result, why)

    def _undo(self, why: str) -> None:
        try:
            self._log.abort()
        except (Abort, Indefinite) as fault:
            self._restart(f"{why}; then the abort: {fault}")
            return
        self._close("aborted", why)

    def _restart(self, why: str) -> None:
        """Make new producers until one answers what became of the transaction, or until asked to stop."""
        done = False
        while True:
            self._watch.beat()
            # At each try: whoever looks on learns of an outage while it lasts, not when it is over.
            self._watch.ended("restarted", why)
            try:
                done = self._log.restart()
                break
            except (Abort, Indefinite) as fault:
                why = str(fault)
            if self._until():
                break
            self._back_off(why)
        self._close("committed" if done else "aborted", why)
        if not done:
            self._back_off(why)

    def _back_off(self, why: str) -> None:
        """Wait longer after each failure in a row; a lone one costs nothing. Raises Stopped after too long."""
        now = self._clock()
        self._failing = now if self._failures == 0 else self._failing
        self._failures += 1
        if now - self._failing > self._pace.outage_seconds:
            raise Stopped(
                f"no transaction could be committed for {self._pace.outage_seconds:.0f} s",
                cause=f"the last one: {why}",
                fix="nothing was lost: bring back what refuses or does not answer, then start again",
            )
        wait = 0.0 if self._failures == 1 else min(5.0, self._pace.backoff_seconds * 2.0 ** (self._failures - 2))
        for _ in range(round(wait / SLICE_SECONDS)):
            if self._until():
                return
            self._watch.beat()
            self._sleep(SLICE_SECONDS)
