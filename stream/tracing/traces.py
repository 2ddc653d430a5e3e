"""The spans of a loop's batches: read, processed, sent, committed; what decides which of them are told."""

import random
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

import numpy as np
from numpy.typing import NDArray
from opentelemetry.trace import Span, SpanContext, SpanKind

from stream.records import Batch, Headers
from stream.tracing.convention import Convention, Who, context_of, failed, headers_of, until_done
from stream.tracing.export import Export
from stream.tracing.spans import MOST_LINKS, Carried, sampled


@dataclass(frozen=True, kw_only=True)
class Telling:
    """Which batches and records are told.

    A batch with a sampled event is told always, others in `ratio` of all cases: then what it results in, records of
    the topics in `results`, carries its context. Those of `summaries` carry one where any batch of their transaction
    is told, those of `always` ever; all others, dead letters among them, keep the headers that they have.
    """

    ratio: float
    results: frozenset[str] = frozenset()
    summaries: frozenset[str] = frozenset()
    always: frozenset[str] = frozenset()


@dataclass
class _Open:
    """The batch being processed: the contexts that its records carry, by place, those of what was made of them."""

    process: Span
    began: int
    is_drawn: bool
    contexts: dict[tuple[str, int, int], SpanContext]
    made: dict[str, list[SpanContext]] = field(default_factory=dict)


class Traces:
    """Tells of one loop, from one thread; `chance` gives numbers in [0, 1)."""

    def __init__(
        self, who: Who, telling: Telling, export: Export, *, chance: Callable[[], float] = random.random
    ) -> None:
        self._convention, self._export = Convention(who, export), export
        self._telling, self._chance = telling, chance
        self._batch: _Open | None = None
        self._topics: list[str] = []
        self._told = deque[SpanContext](maxlen=MOST_LINKS + 1)

    def polled(self, batch: Batch, began_nanos: int) -> None:
        """A batch was read: it is told if one of its records is sampled, or by chance."""
        found = {row: context_of(said) for row, said in sampled(batch).items()}
        contexts = {
            (batch.topics[row], int(batch.partitions[row]), int(batch.offsets[row])): context
            for row, context in found.items()
            if context is not None
        }
        is_drawn = self._chance() < self._telling.ratio
        if is_drawn or contexts:
            self._topics = list(dict.fromkeys(batch.topics))
            self._open(batch, began_nanos, is_drawn=is_drawn, contexts=contexts)

    def _open(
        self, batch: Batch, began: int, *, is_drawn: bool, contexts: dict[tuple[str, int, int], SpanContext]
    ) -> None:
        now, start, topics = time.time_ns(), self._convention.start, self._topics
        # All that was written of one batch carries one context: a link to it once is enough.
        links = list({(one.trace_id, one.span_id): one for one in contexts.values()}.values())
        more: dict[str, str | int] = {"batch.message_count": len(batch)}
        if len(batch.places) == 1:
            more["destination.partition.id"] = str(batch.places[0][0].partition)
        poll = start("poll", topics, links=links, began=began, more=more)
        poll.end(now)
        parent = poll.get_span_context()
        process = start("process", topics, kind=SpanKind.CONSUMER, parent=parent, links=links, began=now, more=more)
        self._batch = _Open(process, now, is_drawn, contexts)
        self._told.append(process.get_span_context())

    def processed(self) -> None:
        """The batch is done with, if there is one."""
        if self._batch is not None:
            self._batch.process.end()
            self._batch = None

    @contextmanager
    def sending(self, topic: str, count: int) -> Iterator[Headers]:
        """Around a write: the headers that its records are to carry which have none of their own."""
        batch, told = self._batch, list(self._told)
        is_summary = topic in self._telling.always or (bool(told) and topic in self._telling.summaries)
        if batch is None and not is_summary:
            yield ()
            return
        carries = is_summary or (batch is not None and batch.is_drawn and topic in self._telling.results)
        span = self._convention.start(
            "send",
            [topic],
            kind=SpanKind.PRODUCER if carries else SpanKind.CLIENT,
            parent=told[-1] if told else None,
            links=told[:-1] if is_summary or batch is None else batch.made.pop(topic, []),
            more={"batch.message_count": count},
        )
        with until_done(span):
            yield headers_of(span) if carries else ()

    @contextmanager
    def committing(self) -> Iterator[None]:
        """Around the commit: it belongs to the last batch of the transaction that is told, the others are linked."""
        self.processed()
        told = list(self._told)
        if not told:
            yield
            return
        with until_done(self._convention.start("commit", self._topics, parent=told[-1], links=told[:-1])):
            yield
        self._told.clear()

    def aborted(self, why: str) -> None:
        """The open transaction never was."""
        if self._batch is not None:
            failed(self._batch.process, why)
        self.processed()
        self._told.clear()

    def carried(self, topic: str, partitions: NDArray[np.integer], offsets: NDArray[np.int64]) -> dict[int, Carried]:
        """Which of these places of the open batch carry a context, by place in the arrays."""
        if self._batch is None or not self._batch.contexts:
            return {}
        contexts = self._batch.contexts
        likely = np.flatnonzero(np.isin(offsets, [offset for name, _, offset in contexts if name == topic]))
        places = {at: (topic, int(partitions[at]), int(offsets[at])) for at in likely.tolist()}
        return {at: contexts[place] for at, place in places.items() if place in contexts}

    def created(self, topic: str, parent: Carried, links: Sequence[Carried] = ()) -> Headers:
        """A record for `topic` was made of others since the batch was read: a span of the trace of `parent`."""
        batch, others = self._batch, cast("Sequence[SpanContext]", links)
        span = self._convention.start(
            "create",
            [topic],
            kind=SpanKind.PRODUCER,
            parent=cast("SpanContext", parent),
            links=others if batch is None else [batch.process.get_span_context(), *others],
            began=None if batch is None else batch.began,
        )
        span.end()
        if batch is not None:
            batch.made.setdefault(topic, []).append(span.get_span_context())
        return headers_of(span)

    def trace(self) -> str:
        """The trace of the open batch; empty where it is not told."""
        context = None if self._batch is None else self._batch.process.get_span_context()
        return "" if context is None or not context.is_valid else f"{context.trace_id:032x}"

    def close(self) -> None:
        """Send what is left, for a moment."""
        self.aborted("closed")
        self._export.close()
