"""What benches print: tables, ratios, ages by share, what they kept shown on a page."""

from pathlib import Path

import numpy as np
import pytest

from load.bench.pacing.ages import FLOOR, Age, parts_table, table
from load.bench.pacing.listening import Ages, Heard
from load.bench.players.lineup import lineup
from load.bench.players.systems import picked
from load.bench.rig import figures, page
from load.bench.rig.answers import checked
from load.bench.rig.drains import Drain
from load.bench.rig.events import event_id
from load.bench.rig.figures import COLUMNS, Table, keep, ratios, row
from load.bench.rig.stage import Filled

FAST, SLOW = Drain(1_000, 1.0, 0.4, 4.0, 1.0, 3.0, 9), Drain(1_000, 5.0, 2.5, 20.0, 1.0, 3.0, 9)


def test_a_ratio_above_one_says_that_ours_is_ahead() -> None:
    """Rate and processor time alike: both of medians."""
    assert ratios([SLOW, SLOW, FAST], [FAST]) == (5.0, 5.0)
    assert row("slow", [SLOW], [FAST])[-2:] == ("5.00", "5.00")
    assert len(row("slow", [SLOW], [FAST])) == len(COLUMNS)


def test_nobody_is_compared_where_ours_did_not_play() -> None:
    """Empty cells, no division."""
    assert row("slow", [SLOW], [])[-2:] == ("", "")


def test_ages_by_share_are_those_of_every_event() -> None:
    """To three digits, as the histogram keeps them; the first seconds do not count."""
    ages = Ages(1.0)
    for number in range(2_000):
        sent = 1_000_000 + number * 1_000
        ages.hear(sent, sent // 1_000, sent + (5_000_000 if number < 1_000 else number))
    heard = ages.heard()
    assert heard.events == 1_000
    assert heard.shares == pytest.approx(
        tuple(np.percentile(range(1_000, 2_000), (50, 90, 99, 99.9)) / 1_000), rel=2e-3
    )
    assert heard.mean == pytest.approx(1.4995)


def test_parts_stand_beside_the_whole() -> None:
    """The last part is the floor's way from the broker to the reader."""
    floor = Age(FLOOR, 10, Heard(1, (5.0, 6.0, 7.0, 8.0), 5.0, 1.0), 0.0, {})
    ours = Age("x", 10, Heard(1, (9.0, 9.0, 9.0, 9.0), 10.0, 1.0), 0.0, {"to the broker": 4.0, "at the broker": 5.0})
    (said,) = parts_table([floor, ours]).rows
    assert said == ("x", "10", "4.00", "5.00", "1.00", "10.00", "10.00", "1.00")
    assert table([floor, ours]).rows[1][7] == "+4.0"


def test_a_page_shows_the_last_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the marks; a run nobody kept stays."""
    monkeypatch.setattr(figures, "OUT", tmp_path)
    keep("serving", {"settings": {"machine": "two cores"}}, [Table("t", ("a", "b"), (("x", "1"),))])
    marks = "before\n<!-- run: serving -->\nold\n<!-- end -->\n<!-- run: other -->\nkept\n<!-- end -->\n"
    shown = page.page(marks)
    assert "| x | 1 |" in shown
    assert "- machine: two cores" in shown
    assert "old" not in shown
    assert "kept" in shown


def test_answers_that_lack_or_double_an_event_are_wrong() -> None:
    """At least once may double, nobody may lack."""
    once, least = (next(s for s in lineup() if s.tag == "pass" and s.delivery.startswith(d)) for d in ("ex", "at"))
    filled = Filled("t", 2, 1, "mlp")
    one, other = (bytes(6) + event_id(number) for number in range(2))
    assert checked(once, filled, [one, other], scores=True) == ""
    assert "doubled" in checked(once, filled, [one, other, one], scores=True)
    assert checked(least, filled, [one, other, one], scores=True) == ""
    assert "no answer" in checked(least, filled, [one], scores=True)


def test_systems_are_picked_by_the_beginnings_of_their_tags() -> None:
    """A word that picks nobody is an error that says who there is."""
    assert {one.tag for one in picked(lineup(), "streams, quix")} == {"streams-1", "streams-2", "quix"}
    with pytest.raises(SystemExit, match="found nobody, expected"):
        picked(lineup(), "nobody")
