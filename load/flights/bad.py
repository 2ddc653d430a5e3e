"""Records that are bad on purpose: one way to spoil an event for each fault that the scorer must name."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from schemas.framing import PREFIX_BYTES, frame

NO_SCHEMA = 2_147_483_647


class Bad(StrEnum):
    """What is wrong with a record, in the scorer's own reason codes."""

    EMPTY = "empty"
    FRAME_TOO_SHORT = "frame_too_short"
    BAD_MAGIC = "bad_magic"
    UNKNOWN_SCHEMA = "unknown_schema"
    TRUNCATED = "truncated"
    TRAILING_BYTES = "trailing_bytes"
    NO_ID = "no_id"
    NULL = "null"
    NOT_FINITE = "not_finite"
    OUT_OF_RANGE = "out_of_range"
    UNSEEN = "unseen"

    @property
    def unreadable(self) -> bool:
        """Whether such a record becomes a dead letter; the others become rejected predictions."""
        return self not in BROKEN

    def damage(self, value: bytes) -> bytes:
        """The framed message `value` with its bytes spoiled, where that is the fault."""
        spoiled = {
            Bad.EMPTY: b"",
            Bad.FRAME_TOO_SHORT: value[: PREFIX_BYTES - 1],
            Bad.BAD_MAGIC: b"\x07" + value[1:],
            Bad.UNKNOWN_SCHEMA: frame(NO_SCHEMA) + value[PREFIX_BYTES:],
            Bad.TRUNCATED: value[:-3],
            Bad.TRAILING_BYTES: value + b"\x00\x00",
        }
        return spoiled.get(self, value)


# Each breaks a field whose policy in contract.yaml is to refuse the row.
BROKEN: Mapping[Bad, tuple[str, Any]] = {
    Bad.NULL: ("distance", None),
    Bad.NOT_FINITE: ("temp", float("nan")),
    Bad.OUT_OF_RANGE: ("delay_so_far", 1000.0),
    Bad.UNSEEN: ("origin", "XXX"),
}


def spoil(row: Mapping[str, Any], fault: Bad, name: str) -> dict[str, Any]:
    """A copy of the record `row` called `name`, with the field spoiled where that is the fault."""
    copy = {**row, "event_id": "" if fault is Bad.NO_ID else name}
    if fault in BROKEN:
        field, value = BROKEN[fault]
        copy[field] = value
    return copy
