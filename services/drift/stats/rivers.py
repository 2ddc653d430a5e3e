"""River's detectors, as evidence only: kept inputs are their state, from which they can be rebuilt at any time.

A NaN silently kills ADWIN for good, and its own state is opaque: nothing reaches a detector that is no finite number,
and what is saved is what they were fed. A detector always stands where replaying the kept inputs leaves it: where
these have grown to their limit the older half is dropped and the detectors begin again with the other.
"""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, Protocol

from river.drift import ADWIN, PageHinkley
from river.drift.binary import DDM, FHDDM, HDDMA

from services.drift.stats.sequential import CountRefused, is_counted

KEPT_PARTS = 512
"""Sixteenths of buckets: 32 buckets."""
KEPT_MEANS = 128
MOST_OUTCOMES = 64
"""Outcomes that a sixteenth feeds at most, so that cost does not grow with traffic."""
FARTHEST = 8.0
FORMAT = 1


class Detector(Protocol):
    """What river's detectors have in common here."""

    @property
    def drift_detected(self) -> bool:
        """Whether the last value made it fire; it begins again by itself with the next."""

    def update(self, x: Any) -> None:
        """Take in one value."""


class InputRefused(ValueError):
    """A value that is no finite number; the detectors go on from where they stood."""


def outcomes(rows: int, errors: int, owed: float = 0.0) -> tuple[list[bool], float]:
    """A sixteenth's outcomes, True = error, errors spread evenly over it; then what part of an error is still owed.

    Of more than 64 rows as many are made up with the same share of errors; the fraction that does not come out even
    is handed to the next sixteenth, so that no error is lost over time. An even spread is a rule, not an observation:
    it varies less than chance would.

    >>> outcomes(5, 2)
    ([False, False, True, False, True], 0.0)
    >>> sum(outcomes(6_400, 960)[0]), outcomes(6_400, 960)[1]
    (9, 0.6)
    """
    made = min(rows, MOST_OUTCOMES)
    if not made:
        return [], owed
    due = errors * made / rows + owed
    wrong = min(int(due + 1e-9), made)
    return [(one + 1) * wrong // made > one * wrong // made for one in range(made)], round(max(due - wrong, 0.0), 9)


class _OfRightAnswers:
    """FHDDM looks for a fall, of the share of right answers: fed errors it would miss their rise."""

    def __init__(self) -> None:
        self._detector = FHDDM()

    @property
    def drift_detected(self) -> bool:
        return bool(self._detector.drift_detected)

    def update(self, x: Any) -> None:
        self._detector.update(not x)


def _binary() -> dict[str, Detector]:
    return {"ddm": DDM(), "hddm_a": HDDMA(), "fhddm": _OfRightAnswers(), "adwin": ADWIN()}


def _gradual() -> dict[str, Detector]:
    """Of standardised means: a mean's own deviation is about 1, and there are few of them."""
    return {"adwin": ADWIN(clock=1), "page_hinkley": PageHinkley(min_instances=8, delta=0.5, threshold=8.0)}


class ErrorStream:
    """DDM, HDDM_A, FHDDM and ADWIN on errors, rebuilt from the counts of sixteenths of buckets in prediction order."""

    def __init__(self, kept: int = KEPT_PARTS) -> None:
        self._limit = kept
        self._begin([])

    def _begin(self, parts: Sequence[tuple[int, int]]) -> None:
        self._parts: list[tuple[int, int]] = []
        self._detectors, self._owed = _binary(), 0.0
        for rows, errors in parts:
            self._feed(rows, errors)

    def _feed(self, rows: int, errors: int) -> set[str]:
        self._parts.append((rows, errors))
        made, self._owed = outcomes(rows, errors, self._owed)
        return {name for name, one in self._detectors.items() for value in made if _fires(one, value)}

    def update(self, parts: Sequence[tuple[int, int]]) -> list[str]:
        """Take in rows and errors, sixteenth by sixteenth; the names of those that fired, sorted.

        Raises CountRefused for what are no counts, before any of `parts` is taken in.
        """
        for rows, errors in parts:
            if not is_counted(rows, errors):
                raise CountRefused(f"found {errors!r} errors in {rows!r} rows, expected 0 <= errors <= rows, whole")
        fired: set[str] = set()
        for rows, errors in parts:
            fired |= self._feed(int(rows), int(errors))
            if len(self._parts) >= self._limit:
                self._begin(self._parts[self._limit // 2 :])
        return sorted(fired)

    def state(self) -> dict[str, Any]:
        """What JSON can hold: the kept counts."""
        return {"format": FORMAT, "parts": [list(part) for part in self._parts]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Stand where `state` was taken, by replaying what it kept; ValueError, and no change, for anything else."""
        _check_format(state)
        parts = [(rows, errors) for rows, errors in state["parts"]]
        if not all(is_counted(*part) for part in parts):
            raise CountRefused("found kept counts that are none: rebuild from the profiles")
        self._begin(parts)


class GradualMeans:
    """ADWIN and Page-Hinkley on the standardised bucket means of some features."""

    def __init__(self, features: Sequence[str], kept: int = KEPT_MEANS) -> None:
        self._limit, self._features = kept, tuple(features)
        self._values: dict[str, list[float]] = {}
        self._detectors: dict[str, dict[str, Detector]] = {}
        for feature in self._features:
            self._begin(feature, [])

    @property
    def features(self) -> tuple[str, ...]:
        """Whose means it follows."""
        return self._features

    def _begin(self, feature: str, values: Sequence[float]) -> None:
        self._values[feature], self._detectors[feature] = list(values), _gradual()
        for value in values:
            _each(self._detectors[feature], value)

    def update(self, means: Mapping[str, float]) -> dict[str, list[str]]:
        """Take in a bucket's means, of those features that have one; the detectors that fired, by feature.

        A mean counts within plus or minus 8. Raises InputRefused for one that is no finite number and KeyError for an
        unknown feature, before any of `means` is taken in.
        """
        for feature, mean in means.items():
            if not isfinite(mean):
                raise InputRefused(f"{feature}: found a mean of {mean!r}, expected a finite number")
            self._values[feature]  # an unknown feature is refused before any other is taken in
        fired = {}
        for feature in sorted(means):
            value = min(max(float(means[feature]), -FARTHEST), FARTHEST)
            self._values[feature].append(value)
            if found := _each(self._detectors[feature], value):
                fired[feature] = found
            if len(self._values[feature]) >= self._limit:
                self._begin(feature, self._values[feature][self._limit // 2 :])
        return fired

    def state(self) -> dict[str, Any]:
        """What JSON can hold: the kept means."""
        return {"format": FORMAT, "means": {name: [one.hex() for one in kept] for name, kept in self._values.items()}}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Stand where `state` was taken, by replaying what it kept; ValueError, and no change, for anything else."""
        _check_format(state)
        means = {name: [float.fromhex(one) for one in kept] for name, kept in state["means"].items()}
        if set(means) != set(self._features) or not all(isfinite(one) for kept in means.values() for one in kept):
            raise InputRefused("found kept means of other features, or that are no numbers: rebuild from the profiles")
        for feature in self._features:
            self._begin(feature, means[feature])


def _fires(detector: Detector, value: object) -> bool:
    detector.update(value)
    return detector.drift_detected


def _each(detectors: Mapping[str, Detector], value: float) -> list[str]:
    return sorted(name for name, one in detectors.items() if _fires(one, value))


def _check_format(state: Mapping[str, Any]) -> None:
    if state.get("format") != FORMAT:
        raise InputRefused(f"found format {state.get('format')!r}, expected {FORMAT}: rebuild from the profiles")
