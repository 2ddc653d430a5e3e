"""Why a profile, or a slice of one, is not used."""

REASONS = (
    "unreadable", "not_ours", "bucket_width", "parts", "ranges", "duplicate", "overlapping",
    "counts", "overflow", "unknown_version", "bins", "segment", "bucket", "future", "arms", "gap", "incomplete",
)  # fmt: skip
"""The first seven refuse a record, which is set aside whole; the others a slice, or only say what was seen."""
LARGEST = 2**52
"""No number of a bucket is larger, so that thousands of buckets add up within 64 bits."""
MOST_ROWS = 2**32
"""No slice, no range, holds more."""


class Refused(ValueError):
    """What was found is not used; `reason` is one of REASONS."""

    def __init__(self, reason: str, found: str) -> None:
        super().__init__(found)
        self.reason, self.found = reason, found


def whole(value: object, most: int = LARGEST, *, least: int = 0) -> int:
    """The number `value`. Raises Refused where it is none, below `least` or above `most`."""
    if not isinstance(value, int):
        raise Refused("counts", f"found {type(value).__name__}, expected a whole number")
    if value > LARGEST or value < -LARGEST:
        raise Refused("overflow", "found a number beyond 2^52")
    if not least <= value <= most:
        raise Refused("counts", f"found {value}, expected {least} to {most}")
    return value
