"""How one event waits: packed and unpacked alike, small, and refused where it is not whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from services.labeler.core import STATUSES, Entry, Label, Seat
from services.labeler.entry import LABEL, MOST_OUTCOMES, SEAT, pack, pack_label, pack_seat, unpack

LONGS = some.integers(-(2**63), 2**63 - 1)
FINITE = some.floats(allow_nan=False, width=64)
LABELS = some.builds(Label, value=FINITE, at=LONGS, revision=some.integers(0, 2**31 - 1), offset=LONGS, reached=LONGS)
SEATS = some.builds(
    Seat,
    words=some.integers(0, 2**32 - 1),
    segments=some.integers(0, 2**32 - 1),
    mode=some.integers(0, 3),
    time=LONGS,
    offset=LONGS,
    source=LONGS,
    score=FINITE,
    estimate=FINITE,
    decision=some.integers(-1, 2**15 - 1),
    status=some.sampled_from(STATUSES),
    label=some.just(-1),
    seq=some.integers(-1, MOST_OUTCOMES),
)
KEYS = some.one_of(
    some.just((None, False)),
    some.tuples(some.none() | some.binary(max_size=40), some.just(True)),  # noqa: FBT003  # a value of the entry
)
ENTRIES = some.builds(
    lambda seats, labels, key: Entry(tuple(seats), tuple(labels), *key),
    some.lists(SEATS, max_size=4),
    some.lists(LABELS, max_size=4),
    KEYS,
)
ONE = Entry(seats=(Seat(1, 2, 0, 5, 6, 7, 0.5, 0.9, 1),))


@given(entry=ENTRIES)
def test_what_is_packed_is_unpacked(entry: Entry) -> None:
    """To the bit."""
    assert unpack(pack(entry)) == entry


@given(seat=SEATS, label=LABELS)
def test_numpy_reads_what_is_packed(seat: Seat, label: Label) -> None:
    """So that many can be read at once."""
    one, other = np.frombuffer(pack_seat(seat), SEAT)[0], np.frombuffer(pack_label(label), LABEL)[0]
    assert (one["time"], one["source"], one["score"], STATUSES[one["status"]]) == (
        seat.time, seat.source, seat.score, seat.status,
    )  # fmt: skip
    assert (other["at"], other["reached"], other["value"]) == (label.at, label.reached, label.value)


def test_who_waits_is_small() -> None:
    """What most entries are: one seat, the key is the id."""
    assert len(pack(ONE)) == 58


@pytest.mark.parametrize("cut", [0, 1, 5, len(pack(ONE)) - 1])
def test_a_part_is_refused(cut: int) -> None:
    """Somebody wrote over it, or another version did: never half understood."""
    with pytest.raises(ValueError, match="found an entry"):
        unpack(pack(ONE)[:cut])


@pytest.mark.parametrize("place", [0, len(pack(ONE)) - 1, len(pack(ONE)) - 2])
def test_what_makes_no_sense_is_refused(place: int) -> None:
    """Another format, a status or label that is none."""
    packed = bytearray(pack(ONE))
    packed[place] = 77
    with pytest.raises(ValueError, match="found"):
        unpack(bytes(packed))


def test_a_key_too_long_to_keep_is_refused() -> None:
    """Kafka would take it, an entry does not."""
    with pytest.raises(ValueError, match="a key of 70000 bytes"):
        pack(Entry(key=b"k" * 70_000, has_own_key=True))
