"""What is told of a batch on its way, whoever keeps it, with what of it records carry in their headers."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from stream.records import Batch, Headers, no_headers

TRACEPARENT, TRACESTATE = "traceparent", "tracestate"
MOST_LINKS = 128
PARENT_BYTES, STATE_BYTES = 55, 512
SAMPLED = b"13579bdf"

Carried = object
"""A context as whoever keeps the spans knows it."""


class Spans(Protocol):
    """The spans of one service's loop: batches one after the other, each part of the open transaction."""

    def polled(self, batch: Batch, began_nanos: int) -> None:
        """A batch was read by a poll that began then; it is processed from now on."""

    def processed(self) -> None:
        """The batch is done with, if there is one."""

    def sending(self, topic: str, count: int) -> AbstractContextManager[Headers]:
        """Around a write of so many records: the headers that each of them is to carry which has none of its own."""

    def committing(self) -> AbstractContextManager[None]:
        """Around the commit of the open transaction."""

    def aborted(self, why: str) -> None:
        """The open transaction never was."""

    def carried(self, topic: str, partitions: NDArray[np.integer], offsets: NDArray[np.int64]) -> dict[int, Carried]:
        """Which of the rows at these places of the open batch carry a context: by place in the arrays."""

    def created(self, topic: str, parent: Carried, links: Sequence[Carried] = ()) -> Headers:
        """A record for `topic` was made of one that carries `parent`, of the others too; the headers it is to carry."""

    def trace(self) -> str:
        """The trace of the open batch, 32 hexadecimal digits; empty where it is not told."""

    def close(self) -> None:
        """Send what is left, for a moment."""


def sampled(batch: Batch) -> dict[int, dict[str, str]]:
    """Rows whose last traceparent says that its trace is kept, MOST_LINKS of them at most: their W3C headers.

    What is too long for one, and what its producer does not keep, is passed by; whether the rest is well formed is
    for the reader of it to find out.
    """
    found: dict[int, dict[str, str]] = {}
    for row in () if batch.headers is no_headers else range(len(batch)):
        headers = batch.headers(row) or ()
        # Most have none: making a dictionary of each took twice as long.
        for name, _ in headers:
            if name == TRACEPARENT:
                found |= {row: said} if (said := _said(headers)) else {}
                break
        if len(found) == MOST_LINKS:
            break
    return found


def _said(headers: Headers) -> dict[str, str]:
    """The last of each W3C header of a record whose trace is kept; nothing of another's."""
    last = dict(headers)
    parent, state = last[TRACEPARENT], last.get(TRACESTATE) or b""
    if parent is None or len(parent) != PARENT_BYTES or parent[-1] not in SAMPLED:
        return {}
    said = {TRACEPARENT: parent.decode("latin-1")}
    return said | ({TRACESTATE: state.decode("latin-1")} if 0 < len(state) <= STATE_BYTES else {})
