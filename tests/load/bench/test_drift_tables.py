"""Short versions of the tables on drift: false alarms beside those of others, power beside river's best."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from load.bench import class_estimates, drift_alarms, drift_estimate, drift_power
from load.bench.drift_alarms import bounds
from load.bench.drift_power import Task, waited
from load.bench.drifting import quiet
from load.bench.drifting.changes import CHANGES, QUIET
from load.bench.drifting.days import ROWS
from load.bench.drifting.quiet import NULLS, Period, Quiet, lived
from load.bench.drifting.single import OF_VALUES, delay, tuned
from load.bench.drifting.world import DAY, KINDS, World


@pytest.mark.parametrize("null", NULLS)
def test_days_in_which_nothing_changes_page_for_nothing(null: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every kind of feature, and of all together; rules of thumb alarm at some of them."""
    monkeypatch.setattr(quiet, "FEATURES", 6)
    monkeypatch.setattr(quiet, "KNOWN_ROWS", 4_000)
    found = lived(Period(null=null, seed=7, days=2))
    assert (found.periods, found.windows, found.pages, found.heard) == (1, 2, Counter(), 0)
    assert all(0 <= count <= 2 for count in found.thumb.values())


def test_the_interval_of_a_rate_is_exact() -> None:
    """Garwood's: of none it is 3.69 over the periods, of ten 4.80 to 18.39."""
    assert [round(one, 4) for one in bounds(0, 200)] == [0.0, 0.0184]
    assert [round(one * 100, 2) for one in bounds(10, 100)] == [4.8, 18.39]


def test_a_table_says_whether_the_budget_is_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And ends with 1 where it is surely not."""
    paged = {"season": 0, "ar": 30}

    def spread(_work: object, periods: Sequence[Period], **_said: str) -> Iterator[Quiet]:
        pages = paged.get(periods[0].null, 10)
        yield Quiet(periods=10, windows=300, pages=Counter(gap=pages), thumb=Counter({"p < .05": 150}))

    monkeypatch.setattr(drift_alarms, "spread", spread)
    with pytest.raises(SystemExit):
        drift_alarms.main()
    rows = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line}
    assert [word for null in ("season", "ar", "normal") for word in ("kept", "within", "exceeded")
            if word in rows[null]] == ["kept", "exceeded", "within"]  # fmt: skip
    assert "50.0%" in rows["normal"]


def test_a_change_is_told_in_days_and_by_river_in_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is empty pages on its day; a detector is tuned to its run length first."""
    monkeypatch.setattr(drift_power, "MOST", 1)
    page, note = waited(Task("missing 0 -> 5 %", 1.0), seed=1)
    assert (page, note) == (1.0, 1.0)
    chance = np.random.default_rng(1)
    calm = chance.normal(size=4_000)
    maker = OF_VALUES["PageHinkley"]
    at = tuned(maker, calm, 1_000)
    changed = np.concatenate([chance.normal(size=QUIET * ROWS), chance.normal(1.0, size=2_000)])
    assert delay(maker[0](at), changed) < 500
    assert delay(maker[0](1e9), changed) == float("inf")
    assert Task("mean +0.5 sd", 1.0).run == 60_000


def test_a_table_of_power_has_a_row_a_change_and_budget(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what nobody told as none."""

    def spread(_work: object, tasks: Sequence[Task], **_said: str) -> Iterator[Any]:
        return (drift_power.Told(float("inf"), 1.0, 160.0, "ADWIN") for _ in tasks)

    monkeypatch.setattr(drift_power, "spread", spread)
    drift_power.main()
    rows = capsys.readouterr().out.splitlines()[3:]
    assert len(rows) == 2 * len(CHANGES)
    assert all(row.split()[-5:] == ["none", "1", "(2,000)", "160", "ADWIN"] for row in rows)


@pytest.mark.parametrize("shows", [one.shows for one in CHANGES.values()])
def test_what_a_detector_is_fed_is_one_number_a_row(shows: Callable[..., Any]) -> None:
    """Of the stream that changes."""
    world = World(KINDS, seed=3, reference_rows=2_000)
    rows = world.rows(40, DAY)
    assert shows(rows, world).shape == (40,)


def test_an_estimate_is_near_the_truth_until_labels_flip(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where inputs moved; a flip is seen by the labels alone, and at once."""
    monkeypatch.setattr(drift_estimate, "DAYS", 2)
    moved, flipped = (
        drift_estimate.lived(drift_estimate.Task(story, seed=3)) for story in list(drift_estimate.STORIES)[2:]
    )
    assert [told for _, _, told in moved] == [False, False]
    assert [told for _, _, told in flipped] == [True, True]
    assert max(abs(off) for off, _, _ in moved) < 0.03 < min(abs(off) for off, _, _ in flipped)


def test_a_table_of_estimates_has_a_row_a_story(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was withheld counts as no estimate, not as a good one."""

    def spread(_work: object, tasks: Sequence[Any], **_said: str) -> Iterator[Any]:
        return iter([[(0.01, True, False), (float("nan"), False, True)] for _ in tasks])

    monkeypatch.setattr(drift_estimate, "spread", spread)
    drift_estimate.main()
    rows = capsys.readouterr().out.splitlines()[2:]
    assert [row.split()[-5:] for row in rows] == [["50%", "0.0100", "100.0%", "50.0%", "100%"]] * 4


def test_estimates_of_several_classes_are_near_what_labels_say(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where inputs are as in the reference; each model has a row a shift."""
    for name, count in (("SEEDS", 1), ("WINDOWS", 2), ("REFERENCE_ROWS", 5_000)):
        monkeypatch.setattr(class_estimates, name, count)
    for found in class_estimates.lived("too sure", 0.0):
        assert np.abs(np.array(found)).max() < 0.08
    monkeypatch.setattr(class_estimates, "lived", lambda _model, _shift: ([class_estimates.Off(0.1, 0.2, 0.3)],) * 2)
    class_estimates.main()
    rows = capsys.readouterr().out.splitlines()[2:]
    assert [row.split()[-6:] for row in rows] == [["0.100", "0.200", "0.300"] * 2] * 12
