"""The longest time in which what readers see did not grow while inputs waited; pure."""

from dataclasses import dataclass


@dataclass
class Stalls:
    """Looked at again and again: `longest_seconds`, and when that began."""

    longest_seconds: float = 0.0
    began_seconds: float = 0.0
    _seen: int = -1
    _since: float = 0.0

    def look(self, now_seconds: float, *, waiting: int, seen: int) -> None:
        """`seen` answers can be read now, `waiting` inputs have none.

        >>> stalls = Stalls()
        >>> for now, waiting, seen in [(0, 5, 0), (1, 5, 9), (4, 5, 9), (5, 0, 14), (60, 0, 14), (61, 3, 14)]:
        ...     stalls.look(now, waiting=waiting, seen=seen)
        >>> stalls.longest_seconds, stalls.began_seconds
        (3, 1)
        """
        if seen != self._seen or waiting <= 0:
            self._seen, self._since = seen, now_seconds
        elif now_seconds - self._since > self.longest_seconds:
            self.longest_seconds, self.began_seconds = now_seconds - self._since, self._since
