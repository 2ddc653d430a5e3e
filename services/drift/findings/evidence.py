"""What river's detectors and the four rates say beside the tests that decide: evidence, which pages nobody."""

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Any

from services.drift.findings.finding import Finding
from services.drift.findings.realised import CLEAR
from services.drift.findings.reference import Reference
from services.drift.stats.four_rates import NAMES, four_rates
from services.drift.stats.rivers import ErrorStream, GradualMeans
from services.drift.sums import Cohort, Inputs

SMALLEST = 1e-15
KEPT_MEANS = 64
ON_ERRORS = ("adwin", "ddm", "fhddm", "hddm_a")


class Evidence:
    """River's detectors by version, bundle and arm: on errors in prediction order, on the features' daily means."""

    def __init__(self) -> None:
        self._errors: dict[str, ErrorStream] = {}
        self._fired: dict[str, set[str]] = {}
        self._means: dict[str, GradualMeans] = {}

    def hear(self, window: Cohort) -> None:
        """A matured window's errors, bucket by bucket, sixteenth by sixteenth."""
        stream = self._errors.setdefault(window.whose, ErrorStream())
        parts = [(rows, errors) for bucket in window.parts for rows, errors in bucket.parts.tolist() if rows]
        self._fired.setdefault(window.whose, set()).update(stream.update(parts))

    def errors(self, day: Cohort, reference: Reference) -> list[Finding]:
        """Which detectors fired since the last day, and how the four rates stand."""
        fired = self._fired.pop(day.whose, set())
        found = [
            Finding(test=name, subject="errors", place="evidence", statistic=float(name in fired), fired=name in fired)
            for name in ON_ERRORS
        ]
        return [*found, *_rates(day, reference)]

    def means(self, day: Inputs, tests: Sequence[Finding]) -> list[Finding]:
        """Features whose daily means drift slowly, by ADWIN and Page-Hinkley; `tests` hold the means and how likely."""
        known = {one.subject: one for one in tests if one.test == "mean"}
        stream = self._means.setdefault(day.whose, GradualMeans(sorted(known), kept=KEPT_MEANS))
        fired = stream.update({name: deviate(one) for name, one in known.items() if name in stream.features})
        return [
            Finding(test=test, subject=name, place="evidence", statistic=1.0, fired=True)
            for name, tests in sorted(fired.items())
            for test in tests
        ]

    def state(self) -> dict[str, Any]:
        """All of it, JSON-able: what the detectors were fed."""
        return {
            "errors": {whose: one.state() for whose, one in sorted(self._errors.items())},
            "fired": {whose: sorted(names) for whose, names in sorted(self._fired.items())},
            "means": {whose: one.state() for whose, one in sorted(self._means.items())},
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        self._errors, self._means = {}, {}
        self._fired = {whose: set(names) for whose, names in state["fired"].items()}
        for whose, said in state["errors"].items():
            self._errors[whose] = ErrorStream()
            self._errors[whose].restore(said)
        for whose, said in state["means"].items():
            self._means[whose] = GradualMeans(sorted(said["means"]), kept=KEPT_MEANS)
            self._means[whose].restore(said)


def deviate(mean: Finding) -> float:
    """The normal deviate that is as unlikely as a mean, with its sign."""
    unlikely = max(SMALLEST, min(1.0, 1.0 if mean.p_value is None else mean.p_value))
    return math.copysign(NormalDist().inv_cdf(1.0 - unlikely / 2.0), mean.statistic)


def _rates(day: Cohort, reference: Reference) -> list[Finding]:
    """Linear four rates (Wang and Abraham 2015) of a binary task: which kind of error has changed."""
    if reference.verdicts is None or reference.table is None or not day.known.cells.sum():
        return []
    rates = four_rates([day.known.cells], reference.table, reference.positive_from)
    return [
        Finding(
            test=name,
            place="evidence",
            statistic=float(rates.found[place]),
            p_value=float(rates.p_value[place]),
            expected=float(rates.expected[place]),
            found=float(rates.found[place]),
            fired=bool(rates.p_value[place] < CLEAR),
        )
        for place, name in enumerate(NAMES)
        if rates.rows[place] > 0
    ]
