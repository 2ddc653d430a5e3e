"""The last write to the waiting room: sent at once, its answer heard before the room is asked for anything else."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NoReturn

from services.labeler.room.room import Change, Room
from stream.store import StoreRefused, StoreUnavailable


class Writing:
    """Writes to `room` what committed transactions changed; the next batch is read and decoded meanwhile."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._pairs: Sequence[int] = ()
        self._answer: Callable[[], Mapping[int, int | None]] = dict

    def write(self, changes: Mapping[int, Change]) -> None:
        """All of these pairs or none. What became of the write before must have been heard."""
        self._pairs = tuple(changes)
        try:
            self._answer = self._room.writing(changes) if changes else dict
        except (StoreUnavailable, StoreRefused) as error:
            self._answer = partial(_raised, error)

    def hear(self) -> tuple[Sequence[int], str]:
        """The pairs of the last write, once, and why, where it failed; none where all is well."""
        pairs, answer = self._pairs, self._answer
        self._pairs, self._answer = (), dict
        try:
            return (pairs, "its token is another one's, or gone") if answer() else ((), "")
        except (StoreUnavailable, StoreRefused) as error:
            return pairs, str(error)


def _raised(error: Exception) -> NoReturn:
    raise error
