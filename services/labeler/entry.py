"""How one event waits: its seats, its labels and its key, packed into bytes of which numpy reads many at once."""

import struct
from functools import partial

import numpy as np

from services.labeler.core import MOST_LABELS, NO_LABEL, STATUSES, Entry, Label, Seat

KEY_IS_ID, NULL_KEY = 65_535, 65_534
"""Key lengths that say something else than a length; a longer key cannot be kept."""
MOST_OUTCOMES = 127
"""More than a seat can have, which may expire once and hear as many labels as there may be."""
SEAT = np.dtype(
    [
        ("words", "<u4"), ("segments", "<u4"), ("time", "<i8"), ("offset", "<i8"), ("source", "<i8"), ("score", "<f8"),
        ("estimate", "<f8"), ("decision", "<i2"), ("seq", "i1"), ("mode", "u1"), ("status", "u1"), ("label", "i1"),
    ]
)  # fmt: skip
LABEL = np.dtype([("at", "<i8"), ("offset", "<i8"), ("reached", "<i8"), ("value", "<f8"), ("revision", "<i4")])
CODES = {status: code for code, status in enumerate(STATUSES)}

LABEL_BITS = 4
"""So many of an entry's first bits count its labels, of which there are at most 15; the others count its seats."""
HEAD = struct.Struct("<HH")
"""What an entry begins with, both counts and its key's length; its seats follow, its labels, the bytes of its key."""
_SEAT, _LABEL = struct.Struct("<IIqqqddhbBBb"), struct.Struct("<qqqdi")


def pack_seat(seat: Seat) -> bytes:
    """One seat as its SEAT bytes."""
    return _SEAT.pack(
        seat.words, seat.segments, seat.time, seat.offset, seat.source, seat.score,
        seat.estimate, seat.decision, seat.seq, seat.mode, CODES[seat.status], seat.label,
    )  # fmt: skip


def pack_label(label: Label) -> bytes:
    """One label as its LABEL bytes."""
    return _LABEL.pack(label.at, label.offset, label.reached, label.value, label.revision)


NOTHING = pack_label(Label(value=float("nan"), at=0, revision=-1, offset=-1, reached=0))
"""The LABEL bytes that stand where there is no label."""


def pack(entry: Entry) -> bytes:
    """An entry's bytes: 58 where one seat waits and the key is the id. Raises ValueError for a key too long to keep."""
    key = (entry.key or b"") if entry.has_own_key else b""
    if len(key) >= NULL_KEY:
        raise ValueError(f"found a key of {len(key)} bytes, expected fewer than {NULL_KEY}: such a record is set aside")
    length = KEY_IS_ID if not entry.has_own_key else NULL_KEY if entry.key is None else len(key)
    head = HEAD.pack(counts(len(entry.seats), len(entry.labels)), length)
    return b"".join((head, *map(pack_seat, entry.seats), *map(pack_label, entry.labels), key))


def counts(seats: int, labels: int) -> int:
    """How an entry says how many it has of both."""
    return seats << LABEL_BITS | labels


def unpack(packed: bytes) -> Entry:
    """The entry that was packed. Raises ValueError naming what was found where the bytes are not a whole entry."""
    if len(packed) < HEAD.size:
        raise ValueError(f"found an entry of {len(packed)} bytes, expected {HEAD.size} or more")
    both, length = HEAD.unpack_from(packed)
    seats, labels = both >> LABEL_BITS, both & MOST_LABELS
    from_labels = HEAD.size + seats * _SEAT.size
    from_key = from_labels + labels * _LABEL.size
    size = from_key + (length if length < NULL_KEY else 0)
    if len(packed) != size:
        raise ValueError(f"found an entry of {len(packed)} bytes, expected {size}: {seats} seats, {labels} labels")
    return Entry(
        seats=tuple(map(partial(_seat, labels=labels), _SEAT.iter_unpack(packed[HEAD.size : from_labels]))),
        labels=tuple(map(_label, _LABEL.iter_unpack(packed[from_labels:from_key]))),
        key=packed[from_key:] if length < NULL_KEY else None,
        has_own_key=length != KEY_IS_ID,
    )


def _seat(said: tuple[float, ...], labels: int) -> Seat:
    words, segments, time, offset, source, score, estimate, decision, seq, mode, status, label = said
    if status >= len(STATUSES) or not NO_LABEL <= label < labels:
        raise ValueError(f"found a seat of status {status} with label {label}, expected one of {labels} labels")
    return Seat(
        words=int(words), segments=int(segments), mode=int(mode), time=int(time), offset=int(offset),
        source=int(source), score=score, estimate=estimate, decision=int(decision), status=STATUSES[int(status)],
        label=int(label), seq=int(seq),
    )  # fmt: skip


def _label(said: tuple[int, int, int, float, int]) -> Label:
    at, offset, reached, value, revision = said
    return Label(value=value, at=at, revision=revision, offset=offset, reached=reached)
