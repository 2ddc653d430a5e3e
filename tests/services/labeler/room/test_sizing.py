"""What the waiting room is said to need is what it takes."""

import time
from pathlib import Path

import pytest
from redis import Redis

from services.labeler.core import Entry, Label, Seat, Terms
from services.labeler.entry import pack
from services.labeler.room.redis_room import RedisRoom
from services.labeler.room.room import Change
from services.labeler.room.sizing import ROUNDED, bytes_each, bytes_needed, share_that_fits
from tests.services.labeler.room.suite import TOKEN, state

HOUR = 3_600_000_000
GUIDE = Path("docs/guide/waiting-room.md")
SEAT = Seat(1, 2, 0, HOUR, 5, 6, 0.5, 0.6, 1)
LABEL = Label(1.0, HOUR, 0, 7, HOUR)
COLUMNS = ((2, 0), (228, 1), (24 * 38, 1))
"""Hours that an event stays, labels it has."""
RATES = (10, 100, 1_000, 10_000)


@pytest.mark.parametrize(("seats", "labels", "key"), [(1, 0, b""), (1, 1, b""), (2, 1, b"k" * 30), (1, 3, b"")])
def test_what_is_said_is_what_it_takes(stored: RedisRoom, inside: Redis, seats: int, labels: int, key: bytes) -> None:
    """For entries as they are packed, and a little more: not every store rounds up as much."""
    entry = pack(Entry((SEAT,) * seats, (LABEL,) * labels, key or None, has_own_key=bool(key)))
    stored.claim(0, TOKEN)
    while inside.info("memory")["lazyfree_pending_objects"]:
        time.sleep(0.01)
    count, before = 60_000, int(inside.info("memory")["used_memory"])
    for first in range(0, count, 500):
        ids = [b"%024d" % number for number in range(first, first + 500)]
        stored.write({0: Change(state(), puts=dict.fromkeys(ids, entry), adds={(b"x", first // 20_000): ids})})
    taken = int(inside.info("memory")["used_memory"]) - before
    each = bytes_each(seats=seats, labels=labels, key_bytes=len(key))
    said = bytes_needed(1.0, Terms(count * 1_000_000, 0, 0), each=each)
    assert 0.97 * taken < said < 1.2 * taken


def test_everybody_stays_until_the_last_window_has_passed() -> None:
    """Twice the rate or twice the windows is twice the memory; a store twice too small joins less than half."""
    assert (bytes_each(), bytes_each(labels=1)) == (114, 170)
    short, long = Terms(HOUR, HOUR, 2 * HOUR), Terms(4 * HOUR, 2 * HOUR, 2 * HOUR)
    needed = bytes_needed(1_000, short, each=120)
    assert needed == pytest.approx(ROUNDED * 1_000 * 4 * 3_600 * 120, rel=0.01)
    assert bytes_needed(2_000, short, each=120) == pytest.approx(2 * needed, rel=0.01)
    assert bytes_needed(1_000, long, each=120) == pytest.approx(2 * needed, rel=0.01)
    assert share_that_fits(needed, 4 * needed) == 1
    assert share_that_fits(needed, needed // 2) == pytest.approx(0.4)
    assert (bytes_needed(0, short, each=120), share_that_fits(0, 1)) == (0, 1.0)


def test_the_guide_s_table_is_what_is_computed() -> None:
    """Rate by rate, line by line."""
    said = GUIDE.read_text(encoding="utf-8")
    for rate in RATES:
        assert row(rate) in said


def row(rate: int) -> str:
    """One line of the guide's table: what so many events a second need, and which share fits into 16 GB."""
    cells = [f"{rate:,}"]
    for hours, labels in COLUMNS:
        needed = bytes_needed(rate, Terms(hours * HOUR, 0, 0), each=bytes_each(labels=labels))
        share = share_that_fits(needed, 16 << 30)
        fits = "" if share == 1 else f" (0.{int(share * 1_000):03d})"
        cells.append((f"{needed / (1 << 30):,.1f} GB" if needed >= 1 << 30 else f"{needed / (1 << 20):,.0f} MB") + fits)
    return f"| {' | '.join(cells)} |"
