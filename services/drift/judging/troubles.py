"""When the data was broken or the model stood in for: what realised quality of that time is put down to."""

from collections.abc import Mapping
from typing import Any, Literal

from services.drift.sums import Cohort, Inputs

Trouble = Literal["quality", "serving"]
MOST = 400
"""Stretches remembered of one version and arm: 400 windows, or days where they follow each other."""


class Troubles:
    """Stretches of event time by version and arm, the latest of them."""

    def __init__(self) -> None:
        self._known: dict[str, list[tuple[int, int, Trouble]]] = {}

    def note(self, window: Inputs, cause: Trouble) -> None:
        """In this window it was so; a window that follows one of the same cause makes it longer."""
        mine = self._known.setdefault(_whose(window), [])
        if mine and mine[-1][1] >= window.start and mine[-1][2] == cause:
            mine[-1] = (mine[-1][0], window.end, cause)
        else:
            mine.append((window.start, window.end, cause))
        del mine[:-MOST]

    def within(self, window: Cohort) -> Trouble | None:
        """What was the matter while these rows were scored, broken data first; None where nothing was."""
        found = {
            cause
            for start, end, cause in self._known.get(_whose(window), [])
            if start < window.end and window.start < end
        }
        return "quality" if "quality" in found else "serving" if found else None

    def state(self) -> dict[str, Any]:
        """All of it, JSON-able."""
        return {whose: [list(one) for one in mine] for whose, mine in sorted(self._known.items())}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        self._known = {whose: [(int(a), int(b), cause) for a, b, cause in mine] for whose, mine in state.items()}


def _whose(window: Inputs | Cohort) -> str:
    return f"{window.version}/{window.arm}"
