"""A log that tells its polls, writes and commits as spans."""

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from stream.log import Log
from stream.records import Batch, Headers, Place, Span, Start, Writes
from stream.tracing.spans import TRACEPARENT, TRACESTATE, Spans

OWN = {TRACEPARENT, TRACESTATE}


def traced(log: Log, spans: Spans | None) -> Log:
    """The log itself where nothing is told."""
    return log if spans is None else TracedLog(log, spans)


class TracedLog(Log):
    """Does all that `log` does; from one poll to the next what was read counts as being processed."""

    def __init__(self, log: Log, spans: Spans) -> None:
        self._log, self._spans = log, spans

    def poll(self, timeout_seconds: float) -> Batch | None:
        """The next records, at once when there are any."""
        self._spans.processed()
        began = time.time_ns()
        batch = self._log.poll(timeout_seconds)
        if batch is not None:
            self._spans.polled(batch, began)
        return batch

    def write(self, writes: Writes) -> None:
        """Put records into the open transaction, with the headers of what is told of them."""
        with self._spans.sending(writes.topic, len(writes.values)) as headers:
            self._log.write(_carrying(writes, headers) if headers else writes)

    def secure(self) -> None:
        """What was written so far is safe."""
        self._log.secure()

    def hold(self, places: Mapping[Place, int]) -> None:
        """Give back records of the batch read last."""
        self._log.hold(places)

    def release(self, places: Iterable[Place]) -> None:
        """Read held places again."""
        self._log.release(places)

    def spans(self) -> list[Span]:
        """What the open transaction has read."""
        return self._log.spans()

    def still(self) -> list[Span]:
        """An empty span at every assigned place."""
        return self._log.still()

    def commit(self, metadata: Mapping[Place, str]) -> None:
        """Commit records and input positions as one."""
        with self._spans.committing():
            self._log.commit(metadata)

    def abort(self) -> None:
        """Undo the open transaction."""
        self._spans.aborted("aborted")
        self._log.abort()

    def restart(self) -> bool:
        """Make a new producer, ask the group where it stands."""
        self._spans.aborted("restarted")
        return self._log.restart()

    def starts(self) -> Mapping[Place, Start] | None:
        """The assignment's starts after it changed, told once."""
        return self._log.starts()

    def at_end(self) -> Collection[Place]:
        """Assigned places of which everything there was has been read."""
        return self._log.at_end()

    def lag(self) -> Mapping[Place, int]:
        """Records not yet read, a place."""
        return self._log.lag()

    def close(self) -> None:
        """Let go of everything."""
        self._log.close()
        self._spans.close()


def _carrying(writes: Writes, headers: Headers) -> Writes:
    """The same records, each with `headers` unless it has such of its own, which then stand last."""
    every = writes.headers or [None] * len(writes.values)
    marked = [said if said and said[-1][0] in OWN else [*(said or ()), *headers] for said in every]
    return replace(writes, headers=marked)
