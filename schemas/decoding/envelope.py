"""The envelope of an event: the sinks of its id and its time."""

import numpy as np
from numpy.typing import NDArray

from schemas.columns import Columns, fault
from schemas.decoding.moments import TICKS, parse_moment
from schemas.lint import Type
from schemas.walk import BAD_VALUE, Longs, Mask, Walk

NO_TIME = fault("no_time")
FARTHEST = (1 << 63) - 1


class IdSink:
    """The event's id: a string as it stands, a whole number in decimal."""

    def takes(self, node: Type) -> bool:
        """Strings, ints and longs."""
        return node.kind in ("string", "int", "long")

    def numbers(self, out: Columns, walk: Walk, values: NDArray[np.generic], on: Mask, node: Type) -> None:
        """Render the numbers."""
        del walk, node
        for row in _rows(on, len(out.ids)):
            out.ids[row] = b"%d" % int(values[row])

    def texts(self, out: Columns, walk: Walk, span: tuple[Longs, Longs], on: Mask) -> None:
        """Cut the ids out; one that is not UTF-8 is a bad value."""
        data, (starts, sizes) = walk.data, span
        cut = [data[a:b] for a, b in zip(starts.tolist(), (starts + sizes).tolist(), strict=True)]
        if on is None:
            out.ids[:] = cut
        else:
            for row in _rows(on, len(cut)):
                out.ids[row] = cut[row]
        if not b"".join(cut).isascii():
            walk.fail(np.array([not _readable(one) for one in cut]), BAD_VALUE, on)

    def nulls(self, out: Columns, walk: Walk, on: Mask) -> None:
        """Leave the id empty: the plan finds rows without one."""

    def wrong(self, out: Columns, walk: Walk, on: Mask) -> None:
        """A value of another type is not an id."""
        del out
        walk.fail(np.ones(len(walk.at), dtype=np.bool_), BAD_VALUE, on)


class TimeSink:
    """The event's time."""

    def takes(self, node: Type) -> bool:
        """Longs with or without a timestamp's logical type, ints without one, ISO-8601 strings."""
        return node.kind == "string" or (node.kind in ("int", "long") and node.logical in TICKS)

    def numbers(self, out: Columns, walk: Walk, values: NDArray[np.generic], on: Mask, node: Type) -> None:
        """Bring the numbers to microseconds; one that does not fit is a bad value."""
        factor, divisor = TICKS[node.logical]
        ticks = values.astype(np.int64, copy=False)
        if factor > 1:
            limit = FARTHEST // factor
            walk.fail((ticks > limit) | (ticks < -limit), BAD_VALUE, on)
        micros = ticks * factor // divisor if (factor, divisor) != (1, 1) else ticks
        out.times[:] = micros if on is None else np.where(on, micros, out.times)

    def texts(self, out: Columns, walk: Walk, span: tuple[Longs, Longs], on: Mask) -> None:
        """Parse ISO-8601 row by row; an empty string is no time, one without an offset a bad value."""
        starts, sizes = span[0].tolist(), span[1].tolist()
        bad, none = np.zeros(len(starts), dtype=np.bool_), np.zeros(len(starts), dtype=np.bool_)
        for row in _rows(on, len(starts)):
            text = walk.data[starts[row] : starts[row] + sizes[row]]
            moment = parse_moment(text.decode("utf-8", errors="replace"))
            none[row], bad[row] = not text, bool(text) and moment is None
            out.times[row] = moment or 0
        walk.fail(bad, BAD_VALUE)
        walk.fail(none, NO_TIME)

    def nulls(self, out: Columns, walk: Walk, on: Mask) -> None:
        """A row without a time."""
        del out
        walk.fail(np.ones(len(walk.at), dtype=np.bool_), NO_TIME, on)

    def wrong(self, out: Columns, walk: Walk, on: Mask) -> None:
        """A value of another type is not a time."""
        del out
        walk.fail(np.ones(len(walk.at), dtype=np.bool_), BAD_VALUE, on)


def _rows(on: Mask, count: int) -> list[int] | range:
    return range(count) if on is None else np.flatnonzero(on).tolist()


def _readable(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
