"""In which slot of the waiting room's indexes a time lies: expiry in one, leaving in the other (decision 0013)."""

from services.labeler.core import Terms

EXPIRES, LEAVES = b"x", b"z"
LEAST = 1_000_000
EXPIRY_PARTS, LEAVING_PARTS = 64, 256


class Slots:
    """The widths of both indexes' slots, µs: finer for a short patience, never under a second."""

    def __init__(self, terms: Terms) -> None:
        self.width = {
            EXPIRES: max(LEAST, terms.horizon // EXPIRY_PARTS),
            LEAVES: max(LEAST, terms.leaves(0) // LEAVING_PARTS),
        }

    def of(self, kind: bytes, time: int) -> int:
        """The slot of one time, µs."""
        return time // self.width[kind]

    def before(self, kind: bytes, clock: int) -> int:
        """Every slot before this one has passed as a whole: a slot is due when its end is not beyond the clock."""
        return clock // self.width[kind]
