"""The judge names what went wrong, says nothing where nothing did, and goes on from its state as if never stopped."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import islice

import pytest

from load.bench.drifting.days import Day, days
from load.bench.drifting.stories import STORIES
from load.bench.drifting.windows import windows_of
from load.bench.drifting.world import DAY, World
from schemas.records import read_record, write_record
from services.drift.findings.reference import Reference
from services.drift.findings.terms import FAMILIES, Terms
from services.drift.judging.judge import Bench
from services.drift.stats.four_rates import KINDS
from services.drift.sums import Inputs

FRAME = b"\0\0\0\0\1"


def judge_of(world: World, terms: Terms | None = None) -> Bench:
    """A judge that knows the world's bundle."""
    reference = Reference(world.bundle)
    return Bench(lambda _digest: reference, terms or Terms(), code_version="test")


def first_class(told: list[Day]) -> str:
    """What was paged for first; where nothing was, what the matured cohort says, then the inputs."""
    pages = [one.cause for day in told for one in day.pages]
    causes = [one.report["cause"] for kind in ("cohort", "inputs") for day in told for one in [getattr(day, kind)]]
    return next(iter([*pages, *(cause for cause in causes if cause != "none")]), "none")


@pytest.mark.parametrize("name", STORIES)
def test_a_story_is_put_down_to_its_cause(name: str, world: World) -> None:
    """And pages where it ought to; what only moved informs."""
    story = STORIES[name]
    told = list(days(world, Terms(), count=6, breaks=story.happens, since=1))
    assert first_class(told[:1]) == "none"
    assert first_class(told[1:]) == story.cause
    assert any(day.pages for day in told) == story.pages


def test_a_month_in_which_nothing_changes_pages_for_nothing(world: World) -> None:
    """Seasons, autocorrelation and heavy tails included; the budget is spent all the same."""
    told = list(days(world, Terms(), count=30))
    assert [one for day in told for one in day.pages] == []
    spent = Counter[str]()
    for day in told:
        spent.update({one.family: one.spent for one in day.signals})
    assert {family: round(spent[family], 6) for family in FAMILIES} == dict.fromkeys(FAMILIES, 0.2)


def test_a_report_is_a_record_of_its_contract(world: World) -> None:
    """With late rows and times that the sidecar adds; broken windows have the most to say."""
    for day in days(world, Terms(), count=3, breaks=STORIES["concept flip"].happens, since=1):
        for judged in (day.inputs, day.cohort):
            record = {**judged.report, "late_rows": 0, "profile_from": 0, "profile_to": 9, "written_at": 1}
            read = read_record("drift", write_record("drift", record, FRAME))
            assert read["report_id"] == f"1/champion/{read['kind']}/{read['end']}"
            assert read["judged"]


@pytest.mark.parametrize("stopped", [1, 3, 4])
def test_a_judge_that_was_restored_goes_on_as_if_never_stopped(stopped: int, worlds: Callable[[], World]) -> None:
    """Through JSON, in the middle of a day, with errors running up and broken data remembered."""
    world, terms = worlds(), Terms(season=2 * DAY)
    windows = []
    for number in range(8):
        start, rows = world.now, world.rows(500, DAY)
        broken = STORIES["null burst" if number == 2 else "concept flip"].happens(rows, world) if number > 1 else rows
        windows.append(windows_of(broken, world.bundle, start, world.now))
    whole = judge_of(world, terms)
    expected = [(whole.inputs(one), whole.cohort(other)) for one, other in windows]
    assert any(signal.fired for pair in expected for judged in pair for signal in judged.signals)
    judge = judge_of(world, terms)
    found = [(judge.inputs(one), judge.cohort(other)) for one, other in windows[:stopped]]
    state = json.loads(json.dumps(judge.state()))
    again = judge_of(world, terms)
    again.restore(state)
    found += [(again.inputs(one), again.cohort(other)) for one, other in windows[stopped:]]
    assert found == expected
    assert again.state() == whole.state()


def quiet(world: World, rows: int = 2_000) -> Inputs:
    """A day in which nothing happens."""
    start = world.now
    return windows_of(world.rows(rows, DAY), world.bundle, start, world.now)[0]


def test_too_few_rows_are_said_and_not_judged(world: World) -> None:
    """Of both kinds; no budget is spent."""
    start = world.now
    inputs, cohort = windows_of(world.rows(150, DAY), world.bundle, start, world.now)
    judge = judge_of(world)
    for judged in (judge.inputs(inputs), judge.cohort(cohort)):
        assert (judged.report["judged"], judged.signals, judged.report["spent"]) == (False, [], 0.0)
        assert judged.report["why_not"] == "too few rows: 150, expected 200 or more"


def test_rows_that_are_refused_page_as_broken_data_even_where_none_is_left(world: World) -> None:
    """The reason is named; other rows are judged as ever."""
    window = quiet(world)
    refused = replace(window.served, rejected=200, reasons=Counter(out_of_range=199, stale=1))
    judged = judge_of(world).inputs(replace(window, served=refused))
    assert judged.report["cause"] == "quality"
    assert "9.1% of the events refused, mostly out_of_range" in judged.report["sentence"]
    nothing = replace(quiet(world, rows=1), served=replace(refused, scored=0))
    assert judge_of(world).inputs(nothing).report["cause"] == "quality"
    few = replace(window.served, rejected=60, reasons=Counter(stale=60))
    assert judge_of(world).inputs(replace(window, served=few)).report["cause"] == "none"


def test_answers_of_a_stand_in_page_as_serving(world: World) -> None:
    """Critical where they are many; a few are what a deadline costs."""
    window = quiet(world)
    severities = []
    for degraded in (10, 60, 800):
        served = replace(window.served, degraded=degraded)
        report = judge_of(world).inputs(replace(window, served=served)).report
        severities.append((report["cause"], report["severity"]))
    assert severities == [("none", "none"), ("serving", "warning"), ("serving", "critical")]


def test_quality_that_fell_while_data_was_broken_is_put_down_to_that(world: World) -> None:
    """Nobody is told to retrain because a feed was down."""
    told = list(days(world, Terms(), count=3, breaks=STORIES["unit x1000"].happens, since=1))
    cohort = told[-1].cohort.report
    assert (cohort["cause"], cohort["action"]["kind"]) == ("quality", "fix upstream")


def test_an_estimate_is_withheld_where_rows_are_unlike_the_reference(world: World) -> None:
    """The reason is in the report; its family is not judged."""
    window = quiet(world)
    strange = replace(window, seen=replace(window.seen, flagged=500))
    report = judge_of(world).inputs(strange).report
    assert report["estimated"] is None
    assert report["why_no_estimate"].startswith("25% of the rows are unlike the reference")
    assert [one["family"] for one in report["families"]] == ["quality", "serving"]


def test_right_and_wrong_answers_are_told_by_kind_and_estimated_alike(world: World) -> None:
    """As shares of all rows, true and false, positive and negative; F1 and precision are those of the same shares."""
    for day in days(world, Terms(), count=2):
        found, expected = day.cohort.report["realised"], day.inputs.report["estimated"]
        for said in (found, expected):
            right, false, clear, lost = (said["confusion"][kind] for kind in KINDS)
            assert right + false + clear + lost == pytest.approx(1.0)
            assert said["f1"] == pytest.approx(2.0 * right / (2.0 * right + false + lost))
            assert all(abs(found["confusion"][kind] - expected["confusion"][kind]) < 0.05 for kind in KINDS)
        right, false, clear, _ = (found["confusion"][kind] for kind in KINDS)
        assert found["accuracy"] == pytest.approx(right + clear)
        assert found["precision"] == pytest.approx(right / (right + false))


def test_label_drift_proposes_a_threshold_that_is_better_on_its_rows(world: World) -> None:
    """With what it is expected to bring; concept drift is mended by none."""
    label = list(days(world, Terms(), count=6, breaks=STORIES["prior shift"].happens, since=1))
    report = next(day.cohort.report for day in label if any(one.family == "gap" and one.fired for one in day.signals))
    action = report["action"]
    assert action["kind"] == "re-threshold"
    assert 0.0 < action["value"] < 0.5
    before, after = (
        float(one.rstrip("%")) for one in action["effect"].split(" on")[0].split("accuracy ")[1].split(" -> ")
    )
    assert after > before
    concept = list(days(world, Terms(), count=4, breaks=STORIES["concept flip"].happens, since=1))
    assert concept[-1].cohort.report["action"]["kind"] == "retrain"


def test_short_windows_are_judged_for_broken_data_and_come_together_to_a_day(world: World) -> None:
    """What may follow the hours of the day is judged once a day, on all of its rows."""
    judge, kinds = judge_of(world), []
    for hour in range(24):
        start = world.now
        inputs, cohort = windows_of(world.rows(250, DAY // 24), world.bundle, start, world.now)
        report, later = judge.inputs(inputs).report, judge.cohort(cohort).report
        kinds.append(([one["family"] for one in report["families"]], later["judged"], later["rows"]))
        assert report["rows"] == 250, hour
    assert kinds[:23] == [(["quality", "serving"], False, 250)] * 23
    assert kinds[23] == (["quality", "serving", "estimate"], True, 6_000)


def test_the_best_test_of_a_family_carries_it(world: World) -> None:
    """A report names the test and what it looked at."""
    day = next(islice(days(world, Terms(), count=2, breaks=STORIES["renamed category"].happens), 1))
    family = next(one for one in day.inputs.report["families"] if one["family"] == "quality")
    assert family["fired"]
    assert family["carried_by"].startswith("unseen category_")
    assert family["p_value"] <= family["alpha"]


def test_river_and_the_four_rates_stand_beside_and_page_nobody(world: World) -> None:
    """Where labels turn, detectors on errors and rates of right decisions say so too; a slow drift of means as well."""
    told = list(days(world, Terms(), count=6, breaks=STORIES["concept flip"].happens, since=3))
    said = [{one["test"] for one in day.cohort.report["findings"] if one["fired"]} for day in told]
    assert {"tpr", "tnr", "ppv", "npv"} & said[3]
    assert {"adwin", "ddm", "fhddm", "hddm_a"} & set().union(*said[3:])
    names = {one["test"] for one in told[0].cohort.report["findings"]}
    assert {"adwin", "ddm", "fhddm", "hddm_a", "tpr", "tnr", "ppv", "npv"} <= names
    moved = list(days(world, Terms(), count=30, breaks=STORIES["mean +0.5 sd"].happens, since=15))
    slow = {
        one["subject"] for day in moved[15:] for one in day.inputs.report["findings"] if one["test"] == "page_hinkley"
    }
    assert any(name.startswith("normal_") for name in slow)
    assert [one for day in moved for one in day.pages] == []


def test_a_day_is_judged_though_its_last_window_holds_few_rows(world: World) -> None:
    """What came together in it is not lost for that."""
    judge, start = judge_of(world), world.now
    half, rest = world.rows(2_000, DAY // 2), world.rows(50, DAY // 2)
    first = judge.inputs(windows_of(half, world.bundle, start, start + DAY // 2)[0])
    last = judge.inputs(windows_of(rest, world.bundle, start + DAY // 2, world.now)[0])
    assert [one["family"] for one in first.report["families"]] == ["quality", "serving"]
    assert [one["family"] for one in last.report["families"]] == ["quality", "serving", "estimate"]


def test_what_is_too_small_to_matter_informs_nobody_however_sure(world: World) -> None:
    """A shift that no chance explains, below what is material."""
    rows = STORIES["mean +0.5 sd"].happens(world.rows(20_000, DAY), world)
    window = windows_of(rows, world.bundle, world.now - DAY, world.now)[0]
    for terms, is_told in ((Terms(), True), (Terms(material_psi=5.0, material_mean=5.0), False)):
        report = judge_of(world, terms).inputs(window).report
        assert min(one["p_value"] for one in report["findings"] if one["test"] in ("psi", "mean")) < 1e-6
        assert bool(report["features"]) == is_told


def test_the_floor_is_breached_by_what_lasts(world: World) -> None:
    """One day a little below it says nothing; ten of them do: the sums are tuned to the budget, not to a day."""
    reference = Reference(world.bundle)
    floor = 1.0 - (reference.accuracy or 0.0) + Terms().material_floor
    judge, fired = judge_of(world), []
    for _ in range(10):
        start = world.now
        cohort = windows_of(world.rows(2_000, DAY), world.bundle, start, world.now)[1]
        known = replace(cohort.known, errors=round(2_000 * (floor + 0.02)))
        families = judge.cohort(replace(cohort, known=known, parts=())).report["families"]
        fired.append(next(one["fired"] for one in families if one["family"] == "floor"))
    assert fired[0] is False
    assert fired[-1] is True
