"""How labels come is told apart from what they say: fewer of them, later ones, and those that come early."""

import copy
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from load.bench.drifting.stories import STORIES
from load.bench.drifting.windows import windows_of
from load.bench.drifting.world import DAY, Break, World
from services.drift.findings.arriving import FEWEST_DAYS
from services.drift.findings.reference import Reference
from services.drift.findings.terms import Terms
from services.drift.judging.judge import Bench
from services.drift.judging.judged import Judged
from services.drift.sums import DELAYS, Ints
from tests.services.drift.judging.conftest import MADE

HORIZON_SECONDS = 8 * 3600
EARLY_BIN = 13
"""Delays below 2^13 s, 2.3 hours, are known early."""


class Told(NamedTuple):
    """What a judge said of one day."""

    inputs: Judged
    cohort: Judged


def judge_of(world: World) -> Bench:
    """A judge that knows the world's bundle."""
    reference = Reference(world.bundle)
    return Bench(lambda _digest: reference, Terms(), code_version="test")


class Days:
    """A judge in a world whose labels come late, those of positives six times as late: some are lost, by outcome."""

    def __init__(self, world: World) -> None:
        self.world, self.judge, self.chance = world, judge_of(world), np.random.default_rng(3)

    def day(self, slower: float = 1.0, breaks: Break | None = None) -> Told:
        """One day; labels take `slower` times as long as usual, and are known early where that is not long."""
        start, rows = self.world.now, self.world.rows(2_000, DAY)
        rows = rows if breaks is None else breaks(rows, self.world)
        median = np.where(rows.labels, 6.0, 1.0) * 1800.0 * slower * self.chance.lognormal(0.0, 0.05)
        delays = median * self.chance.lognormal(0.0, 0.8, len(median))
        there, end = delays <= HORIZON_SECONDS, self.world.now
        inputs, cohort = windows_of(rows, self.world.bundle, start, end)
        known = windows_of(rows.take(there), self.world.bundle, start, end)[1].known
        wrong = (rows.scores >= self.world.bundle.contract.threshold) != rows.labels
        by_delay = counted(delays[there], wrong[there])
        known = replace(known, closed=len(there), delays=by_delay[:, 0], by_delay=by_delay)
        early = by_delay * (np.arange(DELAYS) < EARLY_BIN)[:, None]
        told = replace(inputs, early=early), replace(cohort, known=known, parts=(known,))
        return Told(self.judge.inputs(told[0]), self.judge.cohort(told[1]))


def counted(delays: NDArray[np.float64], wrong: NDArray[np.bool_]) -> Ints:
    """Labels and wrong decisions by delay."""
    found = np.zeros((DELAYS, 2), np.int64)
    bins = np.log2(np.maximum(1.0, delays)).astype(np.int64)
    np.add.at(found, bins, np.stack([np.ones(len(wrong), np.int64), wrong.astype(np.int64)], 1))
    return found


CALM = Days(copy.deepcopy(MADE))
TOLD = [CALM.day() for _ in range(FEWEST_DAYS + 2)]


@pytest.fixture
def calm() -> Days:
    """Calm days behind it, whose judge was stopped and started."""
    again = Days(copy.deepcopy(CALM.world))
    again.judge.restore(json.loads(json.dumps(CALM.judge.state())))
    assert again.judge.state() == CALM.judge.state()
    return again


def fired(judged: Judged) -> set[str]:
    """The tests of a report that fired."""
    return {str(one["test"]) for one in judged.report["findings"] if one["fired"]}


def test_labels_that_come_by_outcome_are_no_drift() -> None:
    """Early ones are mostly negatives, hence right more often: they are compared with ripe ones that came as early."""
    assert {judged.report["cause"] for told in TOLD for judged in told} == {"none"}
    early: list[dict[str, Any]] = [one.inputs.report["early"] for one in TOLD]
    for one, told in zip(early, TOLD, strict=True):
        assert one["accuracy"] > told.cohort.report["realised"]["accuracy"] + 0.015
    assert [one["expected"] is None for one in early] == [True] * FEWEST_DAYS + [False] * 2
    assert all(abs(one["accuracy"] - one["expected"]) < 0.015 for one in early[FEWEST_DAYS:])
    assert TOLD[0].cohort.report["labels_against"].startswith("nothing yet: 0 calm ripe days")
    assert TOLD[-1].cohort.report["labels_against"] == "this version's first 8 calm ripe days"


def test_labels_lost_by_outcome_are_never_called_concept_drift(calm: Days) -> None:
    """Those of positives come after the horizon: what is left is no sample of the truth, and mends no threshold."""
    told = [calm.day(slower=4.0) for _ in range(4)]
    assert {one.cohort.report["cause"] for one in told} == {"label"}
    assert all({"coverage", "delay", "gap"} <= fired(one.cohort) for one in told)
    assert {one.cohort.report["action"]["kind"] for one in told} == {"fix upstream"}
    assert "so many more labels stay away that those alone may be why" in told[0].cohort.report["sentence"]


def test_labels_that_come_at_another_time_inform_and_page_nobody(calm: Days) -> None:
    """In words that do not speak of the model."""
    told = calm.day(slower=0.4).cohort
    assert "delay" in fired(told)
    assert (told.report["severity"], told.report["cause"], told.report["action"]["kind"]) == ("info", "label", "none")
    assert told.report["sentence"].endswith("labels come otherwise than before, which says nothing of what they mean")
    assert {one.family for one in told.signals if one.fired} == {"inform"}


def test_what_early_labels_say_informs_and_is_put_down_to_nothing(calm: Days) -> None:
    """Before the cohort is ripe; no alert hears of it."""
    told = calm.day(breaks=STORIES["concept flip"].happens).inputs
    assert "early errors" in fired(told)
    assert (told.report["severity"], told.report["cause"]) == ("info", "none")
    assert told.report["sentence"].startswith("early: ")
    assert told.report["sentence"].endswith("not judged before they are ripe")
    assert told.report["early"]["accuracy"] < told.report["early"]["expected"] - 0.02
    assert [one for one in told.signals if one.fired] == []


def test_days_in_which_something_was_wrong_are_not_learned_from(worlds: Callable[[], World]) -> None:
    """What is compared with is what was calm."""
    days = Days(worlds())
    days.day()
    days.day(breaks=STORIES["concept flip"].happens)
    assert [len(one) for one in days.judge.state()["arriving"].values()] == [1]


def test_a_day_of_broken_data_is_not_learned_from_though_its_labels_look_calm(world: World) -> None:
    """Who was refused has no label."""
    judge = judge_of(world)
    for rejected, cause in ((0, "none"), (200, "quality")):
        start = world.now
        inputs, cohort = windows_of(world.rows(2_000, DAY), world.bundle, start, world.now)
        served = replace(inputs.served, rejected=rejected, reasons=Counter(stale=rejected))
        assert judge.inputs(replace(inputs, served=served)).report["cause"] == cause
        assert judge.cohort(cohort).report["severity"] == "none"
    assert [len(one) for one in judge.state()["arriving"].values()] == [1]
