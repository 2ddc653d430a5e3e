"""What became of input positions, put where event time stood, for the version that its arm serves."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from services.drift.log.reading import Key
from services.drift.log.shape import Terms
from services.drift.sums import Served

USES = ("scored", "degraded", "rejected", "dead")


def nothing_served() -> Served:
    """Sums of no positions."""
    return Served(scored=0, degraded=0, rejected=0, dead=0, reasons=Counter())


def served_of(
    ranges: Iterable[Mapping[str, Any]], reasons: Mapping[str, int], width: int
) -> Iterator[tuple[int, Served]]:
    """By bucket of each range's watermark; reasons stand with the latest. A range without a time says nothing."""
    found: dict[int, Counter[str]] = {}
    for one in ranges:
        if one["watermark"] is not None and any(one[use] for use in USES):
            bucket = one["watermark"] - one["watermark"] % width
            found.setdefault(bucket, Counter()).update({use: one[use] for use in USES})
    for bucket, counts in sorted(found.items()):
        words = Counter(reasons) if bucket == max(found) else Counter[str]()
        yield bucket, Served(**{use: counts[use] for use in USES}, reasons=words)


class Serving:
    """Which version each arm serves: the one seen last, at first that of the first bundle."""

    def __init__(self, terms: Terms) -> None:
        shape = next(iter(terms.shapes.values()))
        self._first = (shape.version, shape.digest)
        self._last: dict[str, tuple[str, str]] = {}

    def sees(self, key: Key) -> None:
        """Rows of `key` were scored."""
        self._last[key.arm] = (key.version, key.digest)

    def key(self, arm: str) -> Key:
        """Whose positions an arm's are."""
        return Key(*self._last.get(arm, self._first), arm, "")

    def forget(self, arm: str) -> None:
        """As if nothing of an arm had ever been scored."""
        self._last.pop(arm, None)

    def state(self) -> dict[str, Any]:
        """All of it, JSON-able."""
        return {arm: list(one) for arm, one in self._last.items()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        self._last = {arm: (one[0], one[1]) for arm, one in state.items()}
