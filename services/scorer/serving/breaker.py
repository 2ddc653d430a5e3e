"""The circuit breaker: a model that keeps failing is left alone, then tried again by itself."""

import time
from collections.abc import Callable
from typing import Literal

State = Literal["closed", "half_open", "open"]
LONGEST_FACTOR = 8


class Breaker:
    """Opens after `failures` in a row, or at once when tripped; after `cool_seconds` it lets one trial through.

    Each trial that fails doubles the wait, up to eight times `cool_seconds`. `tell` hears of every change: the new
    state, why.
    """

    def __init__(
        self,
        *,
        failures: int = 3,
        cool_seconds: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
        tell: Callable[[State, str], None] = lambda _state, _why: None,
    ) -> None:
        self._most, self._cool, self._clock, self._tell = failures, cool_seconds, clock, tell
        self._failed, self._trials = 0, 0
        self._until: float | None = None

    def state(self) -> State:
        """Closed: use the model. Open: leave it alone. Half open: try it once."""
        if self._until is None:
            return "closed"
        return "half_open" if self._clock() >= self._until else "open"

    def worked(self) -> None:
        """The model answered."""
        was_open = self._until is not None
        self._failed, self._trials, self._until = 0, 0, None
        if was_open:
            self._tell("closed", "the model answers again")

    def failed(self, why: str) -> None:
        """The model did not answer: one more of those, or a trial in vain."""
        self._failed += 1
        if self._until is not None or self._failed >= self._most:
            self.trip(why)

    def trip(self, why: str, *, at_least_seconds: float = 0.0) -> None:
        """Open now."""
        wait = max(at_least_seconds, self._cool * min(LONGEST_FACTOR, 2**self._trials))
        self._trials += 1
        self._until = self._clock() + wait
        self._tell("open", why)
