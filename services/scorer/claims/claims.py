"""Which rows repeat an event that was scored at another position; a store that fails delays nobody.

The book holds `id -> (topic, partition, offset)`. A record is a duplicate iff its id stands at *another* position, so
a claim may be written before the commit: whatever is read again finds its own position and is scored again.
- Crash or abort between claim and commit: the replay finds itself. If it is rejected this time (another bundle, a
  stale clock, a poison row), it gives the claim back, and a corrected resend further on is scored.
- Two scorers race for one id in two partitions: the store takes one question after the other, one record wins for
  good, on every replay. Should the winner be rejected on a replay after all, the loser stays a duplicate: the one way
  in which an id can end without a score. Records of one key share a partition, are read in order, and never get there.
- A zombie claims what its successor reads too, at the same positions. One that disagrees about a refusal could give
  back a claim of its successor, and a later duplicate would be scored: forgetful, not lossy.
- FLUSHALL, a failover that lost the last second, an expired entry: forgotten, so that a duplicate is scored once more.
Nothing that can happen to the store makes a replay look like a duplicate of itself.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import structlog
from numpy.typing import NDArray

from services.scorer.claims.book import TAKEN, UNKNOWN, Answer, Book
from services.scorer.claims.packing import Packed, packed
from stream.store import StoreRefused, StoreUnavailable

REASON = "dedupe_unavailable"
"""What is said of a scored row that nobody could look up."""
ROWS_A_QUESTION = 1000
"""The store serves nobody else meanwhile: about 2 ms."""
SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 8.0

Trouble = Literal["unreachable", "full", "refused"]
UNREACHABLE: Final = "unreachable"
NOTHING = Packed(b"", b"")


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """Of n rows, (n,) each: `duplicates` repeat another position; `unsure` could not be looked up, so are scored.

    `trouble` says why some are unsure, None where none is.
    """

    duplicates: NDArray[np.bool_]
    unsure: NDArray[np.bool_]
    trouble: Trouble | None = None

    @property
    def is_blind(self) -> bool:
        """Whether any row could not be looked up."""
        return bool(self.unsure.any())


class Claims:
    """The claims of `owner` on the ids of `topic`, kept in `book`.

    A book that does not answer is left alone for a second, doubling up to 8, then asked again by itself; meanwhile
    every row is unsure at once.
    """

    def __init__(self, book: Book, *, owner: str, topic: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._book, self._owner, self._topic, self._clock = book, owner, topic, clock
        self._ask_again_at = 0.0
        self._pause_seconds = 0.0
        self._trouble: Trouble | None = None

    def claim(
        self,
        ids: Sequence[bytes],
        partitions: NDArray[np.int32],
        offsets: NDArray[np.int64],
        *,
        refused: NDArray[np.bool_],
    ) -> Claimed:
        """Claim the ids of rows that were scored or degraded; `refused` (n,) rows give back what they once claimed.

        All n rows are of one batch, in its order: of an id that repeats within it the first row wins.
        """
        asked = np.flatnonzero(~refused)
        rows = packed(ids, self._topic, partitions, offsets, owner=self._owner)
        letters, complaint = self._settled(_rows_of(rows, asked), _rows_of(rows, np.flatnonzero(refused)))
        said = np.frombuffer(letters, np.uint8)
        duplicates, unsure = np.zeros(len(ids), bool), np.zeros(len(ids), bool)
        duplicates[asked], unsure[asked] = said == ord(TAKEN), said == ord(UNKNOWN)
        trouble = _trouble_of(complaint) if unsure.any() else None
        if len(asked):
            self._tell(trouble, complaint)
        return Claimed(duplicates=duplicates, unsure=unsure, trouble=trouble)

    def close(self) -> None:
        """Let the store go."""
        self._book.close()

    def _settled(self, claims: Packed, returns: Packed) -> tuple[bytes, str]:
        """A letter a claim, with the first complaint. What is given back goes first, all of it."""
        letters, complaint = b"", ""
        for start in range(0, max(claims.rows, min(returns.rows, 1)), ROWS_A_QUESTION):
            answer = self._asked(claims.part(start, start + ROWS_A_QUESTION), returns)
            letters, complaint, returns = letters + answer.letters, complaint or answer.complaint, NOTHING
        return letters, complaint

    def _asked(self, claims: Packed, returns: Packed) -> Answer:
        """The book's answer; where there is none every row is UNKNOWN."""
        if self._clock() < self._ask_again_at:
            return Answer(UNKNOWN * claims.rows, f"{UNREACHABLE}: it did not answer just now")
        try:
            answer = self._book.settle(claims, returns)
        except StoreUnavailable as error:
            self._pause_seconds = min(max(2 * self._pause_seconds, SHORTEST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)
            self._ask_again_at = self._clock() + self._pause_seconds
            return Answer(UNKNOWN * claims.rows, f"{UNREACHABLE}: {error}")
        except StoreRefused as error:
            answer = Answer(UNKNOWN * claims.rows, str(error))
        self._pause_seconds = 0.0
        return answer

    def _tell(self, trouble: Trouble | None, complaint: str) -> None:
        """Log where a trouble begins, and where it ends."""
        if trouble == self._trouble:
            return
        self._trouble = trouble
        log = structlog.get_logger()
        if trouble is None:
            log.info("duplicates are found again")
        else:
            log.warning("duplicates cannot be told: rows are scored and marked", cause=trouble, said=complaint)


def _trouble_of(complaint: str) -> Trouble:
    return UNREACHABLE if complaint.startswith(UNREACHABLE) else "full" if "OOM" in complaint else "refused"


def _rows_of(rows: Packed, which: NDArray[np.int64]) -> Packed:
    """Those of `rows` at `which`."""
    if len(which) == rows.rows:
        return rows
    ids, places = (np.frombuffer(data, "V16")[which].tobytes() for data in rows)
    return Packed(ids, places)
