"""What is read of many entries at once is what each says by itself."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.labeler.core import Entry, Label, Seat
from services.labeler.entry import LABEL, NOTHING, SEAT, pack, pack_label, pack_seat
from services.labeler.laid import copied, each, picked, together
from services.labeler.packed import NOBODY, Packed, key_of

SEATS = st.builds(
    Seat, words=st.integers(0, 9), segments=st.just(1), mode=st.just(0), time=st.integers(-9, 9), offset=st.just(3),
    source=st.just(4), score=st.just(0.5), estimate=st.just(0.75), decision=st.just(1),
)  # fmt: skip
LABELS = st.builds(
    Label, value=st.just(1.0), at=st.integers(-9, 9), revision=st.just(0), offset=st.just(2), reached=st.just(-1)
)
ENTRIES = st.builds(
    Entry, seats=st.lists(SEATS, max_size=3).map(tuple), labels=st.lists(LABELS, max_size=3).map(tuple),
    key=st.sampled_from([None, b"", b"key", b"k" * 300]), has_own_key=st.booleans(),
)  # fmt: skip


@given(st.lists(st.none() | ENTRIES, max_size=8))
def test_entries_read_at_once_are_as_they_are(entries: list[Entry | None]) -> None:
    """How many seats and labels, whether a key, the first seat or label, of each among any others."""
    some, known = [one or Entry() for one in entries], [b"" if one is None else pack(one) for one in entries]
    packed = Packed(known)
    counts = [None if not entry else (len(one.seats), len(one.labels)) for one, entry in zip(some, known, strict=True)]
    assert packed.are_new().tolist() == [one is None for one in counts]
    assert packed.are(0, 1).tolist() == [one == (0, 1) for one in counts]
    assert packed.are(1, 2).tolist() == [one == (1, 2) for one in counts]
    one_seat = packed.have_one_seat()
    assert one_seat.tolist() == [one is not None and one[0] == 1 for one in counts]
    seats = packed.first(one_seat, NOBODY, SEAT)
    assert [seats[row].tobytes() for row in range(len(some))] == [
        pack_seat(one.seats[0]) if is_one else NOBODY for one, is_one in zip(some, one_seat, strict=True)
    ]
    for row in np.flatnonzero(one_seat):
        assert packed.labels[row] == len(some[row].labels)
        assert packed.keep_no_key()[row] == (not some[row].has_own_key)
        assert key_of(known[row], b"id") == (some[row].key if some[row].has_own_key else b"id")


@given(st.lists(LABELS, min_size=1, max_size=5))
def test_rows_that_are_moved_stay_what_they_are(labels: list[Label]) -> None:
    """Picked, copied, put together, told one by one."""
    said = [pack_label(one) for one in labels]
    rows = np.frombuffer(b"".join(said), LABEL)
    assert each(b"", rows) == each(b"", copied(rows)) == said
    assert each(b"h", rows, picked(rows, np.arange(len(said))[::-1])) == [
        b"h" + one + other for one, other in zip(said, said[::-1], strict=True)
    ]
    assert each(b"", together([rows, np.frombuffer(NOTHING, LABEL)])) == [*said, NOTHING]
