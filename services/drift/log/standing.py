"""Where the windows of one kind stand for each version and arm: what is judged, what came too late, since when."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from services.drift.log.closing import NEVER
from services.drift.log.reading import Key


class Since(NamedTuple):
    """The rows that came too late since the last window, the first offset that the next speaks of, the last heard."""

    late: int
    offset: int
    heard: int


class Standing:
    """By key of whole rows (segment ''); the segments of a key stand where it does."""

    def __init__(self) -> None:
        self._ends: dict[Key, int] = {}
        self._since: dict[Key, Since] = {}

    def end(self, key: Key) -> int:
        """Event time up to which `key` is judged."""
        return self._ends.get(key._replace(segment=""), NEVER)

    def whose(self) -> list[Key]:
        """Whoever was heard of."""
        return sorted(self._since)

    def hears(self, key: Key, offset: int, *, late: int = 0) -> None:
        """Something of `key` came at an offset of the log, `late` rows of it too late."""
        whole = key._replace(segment="")
        since = self._since.get(whole, Since(0, offset, offset))
        self._since[whole] = Since(since.late + (0 if key.segment else late), since.offset, offset)

    def judged(self, key: Key, end: int, offset: int) -> Since:
        """A window of `key` ends at `end`, known at `offset`; what there is to say of the time since the last."""
        since = self._since.get(key, Since(0, offset, offset))
        self._ends[key] = end
        self._since[key] = Since(0, offset + 1, since.heard)
        return since._replace(offset=min(since.offset, offset))

    def heard(self, key: Key) -> int:
        """The offset at which something of `key` came last; -1 where nothing ever did."""
        return self._since[key].heard if key in self._since else -1

    def forget(self, key: Key) -> None:
        """As if nothing of `key` had ever come."""
        self._since.pop(key, None)
        self._ends.pop(key, None)

    def state(self) -> list[Any]:
        """All of it, JSON-able."""
        return [[*key, self._ends.get(key), *since] for key, since in sorted(self._since.items())]

    def restore(self, state: list[Any]) -> None:
        """Go on from a state."""
        self._since = {Key(*one[:4]): Since(*one[5:]) for one in state}
        self._ends = {Key(*one[:4]): one[4] for one in state if one[4] is not None}


def followed_at(key: Key, last: int, others: Mapping[Key, int], width: int) -> int | None:
    """Where another version of the arm took over from `key`, whose last bucket with rows is `last`; None if none did.

    `others` holds the last closed bucket with rows of every key.
    """
    after = last + width
    newer = [at for other, at in others.items() if other.arm == key.arm and other != key and at >= after]
    return after if newer else None
