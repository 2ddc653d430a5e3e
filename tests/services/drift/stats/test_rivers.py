"""River's detectors stand where a replay of what is kept leaves them, and no input turns them off."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.drift.stats.rivers import MOST_OUTCOMES, ErrorStream, GradualMeans, InputRefused, outcomes
from services.drift.stats.sequential import CountRefused

part = st.integers(0, 300).flatmap(lambda rows: st.tuples(st.just(rows), st.integers(0, rows)))
means = st.lists(st.floats(-20, 20), max_size=40)


def drawn(rate: float, parts: int, seed: int, rows: int = 60) -> list[tuple[int, int]]:
    """Sixteenths with that rate of errors."""
    return [(rows, int(one)) for one in np.random.default_rng(seed).binomial(rows, rate, parts)]


@given(rows=st.integers(0, 10_000), share=st.floats(0, 1), owed=st.floats(0, 1, exclude_max=True))
def test_no_error_is_lost_or_made_up(rows: int, share: float, owed: float) -> None:
    """What is made up and what is owed are the same share of errors as there were."""
    errors = int(rows * share)
    made, left = outcomes(rows, errors, owed)
    assert len(made) == min(rows, MOST_OUTCOMES)
    if rows:
        assert sum(made) + left == pytest.approx(errors * len(made) / rows + owed, abs=1e-6)


def test_errors_that_double_are_noticed_and_calm_ones_are_not() -> None:
    """100 calm sixteenths of 60 rows, then 60 at .5: by each of them, by none before the change."""
    stream = ErrorStream()
    assert stream.update(drawn(0.1, 100, 1)) == []
    assert set(stream.update(drawn(0.5, 60, 2))) == {"adwin", "ddm", "fhddm", "hddm_a"}


@settings(max_examples=15, deadline=None)
@given(before=st.lists(part, max_size=40), later=st.lists(part, max_size=10))
def test_a_replay_stands_where_the_stream_stood(before: list[tuple[int, int]], later: list[tuple[int, int]]) -> None:
    """Through JSON, past the limit of what is kept, to the same alarms."""
    stream, other = ErrorStream(kept=16), ErrorStream(kept=16)
    stream.update(before)
    other.restore(json.loads(json.dumps(stream.state())))
    assert other.update(later) == stream.update(later)
    assert other.state() == stream.state()
    assert len(stream.state()["parts"]) < 16


@pytest.mark.parametrize("bad", [(5, 6), (-1, 0), (float("nan"), 0), (3.0, 1), (None, 1), (True, 0)])
def test_what_is_no_count_is_refused_and_leaves_no_trace(bad: tuple[Any, Any]) -> None:
    """Not even what came with it; and the detectors are alive."""
    stream = ErrorStream()
    stream.update(drawn(0.1, 60, 3))
    before = stream.state()
    with pytest.raises(CountRefused):
        stream.update([(60, 5), bad])
    assert stream.state() == before
    assert "adwin" in stream.update(drawn(0.5, 60, 4))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_no_mean_turns_a_detector_off(bad: float) -> None:
    """Refused with the features that came along; a ramp is found all the same."""
    chance = np.random.default_rng(5)
    gradual = GradualMeans(["a", "b"])
    for one in chance.normal(size=40):
        gradual.update({"a": one, "b": one})
    before = gradual.state()
    with pytest.raises(InputRefused):
        gradual.update({"a": 0.0, "b": bad})
    with pytest.raises(KeyError):
        gradual.update({"a": 0.0, "c": 0.0})
    assert gradual.state() == before
    fired = [gradual.update({"a": 0.15 * step + one}) for step, one in enumerate(chance.normal(size=40))]
    assert {name for found in fired for name in found.get("a", [])} == {"adwin", "page_hinkley"}


@settings(max_examples=15, deadline=None)
@given(before=means, later=means)
def test_kept_means_bring_the_detectors_back(before: list[float], later: list[float]) -> None:
    """To the same alarms, past the limit of what is kept."""
    gradual, other = GradualMeans(["a"], kept=16), GradualMeans(["a"], kept=16)
    for one in before:
        gradual.update({"a": one})
    other.restore(json.loads(json.dumps(gradual.state())))
    for one in later:
        assert other.update({"a": one}) == gradual.update({"a": one})
    assert other.state() == gradual.state()


def test_a_huge_mean_counts_as_a_large_one() -> None:
    """One bucket of nonsense is no drift of its own."""
    gradual = GradualMeans(["a"])
    for one in np.random.default_rng(6).normal(size=60):
        gradual.update({"a": float(one)})
    assert gradual.update({"a": 1e300}).get("a", []) != ["adwin", "page_hinkley"]


@pytest.mark.parametrize(
    "state", [{"format": 9, "parts": [], "means": {}}, {"format": 1, "parts": [[1, 2]], "means": {"a": ["nan"]}}]
)
def test_a_harmed_state_is_refused(state: dict[str, Any]) -> None:
    """An unknown format, counts and means that are none: nothing has changed then."""
    stream, gradual = ErrorStream(), GradualMeans(["a"])
    for one in (stream, gradual):
        before = one.state()
        with pytest.raises(ValueError, match="rebuild from the profiles"):
            one.restore(state)
        assert one.state() == before
