"""The test that pages: it fires as seldom as asked for, soon after a change, and no input turns it off."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.drift.stats.binned import Floats
from services.drift.stats.sequential import CountRefused, Cusum, Null, Standing, null_of, run_length

PART, WANTED = 16, 4000.0
EXACT = Null(rate=0.1, deviation=0.0, dispersion=1.0, taus=np.ones(1), weights=np.ones(1))
TUNED = Cusum.tuned(EXACT, rows=1e6)
counts = st.integers(0, 5000).flatmap(lambda rows: st.tuples(st.just(rows), st.integers(0, rows)))
junk = st.one_of(
    st.tuples(st.integers(0, 9), st.integers(10, 99)),
    st.tuples(st.integers(max_value=-1), st.integers()),
    st.tuples(st.integers(), st.integers(max_value=-1)),
    st.tuples(st.integers(min_value=2**53), st.integers(0, 9)),
    st.tuples(st.floats(), st.integers(0, 9)),
    st.tuples(st.integers(0, 9), st.floats()),
    st.tuples(st.none() | st.booleans() | st.text(), st.integers(0, 9)),
)


def first_passages(cusum: Cusum, rates: Floats, part: int) -> Floats:
    """Rows until each of many runs fires, their error rates (parts, runs)."""
    chance = np.random.default_rng(7)
    right, wrong, heights = (np.array(one) for one in (cusum.right, cusum.wrong, cusum.heights))
    sums, found = np.zeros((rates.shape[1], len(heights))), np.full(rates.shape[1], np.inf)
    for place, rate in enumerate(rates):
        errors = chance.binomial(part, rate)[:, None]
        sums = np.maximum(0.0, sums + errors * wrong + (part - errors) * right)
        fired = (sums >= heights).any(axis=1) & np.isinf(found)
        found[fired] = (place + 1) * part
    return found


@pytest.mark.parametrize("part", [1, 16])
def test_the_run_length_is_no_shorter_than_asked_for(part: int) -> None:
    """Nor three times as long where rows come one by one: heights are computed, not simulated."""
    cusum = Cusum.tuned(EXACT, rows=WANTED)
    found = first_passages(cusum, np.full((24_000 // part, 200), 0.1), part)
    mean = np.minimum(found, 24_000).mean()
    assert mean > WANTED * 0.9
    assert part > 1 or mean < 3 * WANTED


def test_varying_blocks_do_not_shorten_runs() -> None:
    """Rates that differ by .03 between blocks of 640 rows, known from 20 of them."""
    chance = np.random.default_rng(8)
    blocks = chance.binomial(640, np.clip(0.1 + 0.03 * chance.normal(size=20), 0, 1))
    cusum = Cusum.tuned(null_of(blocks, np.full(20, 640)), rows=WANTED)
    rates = np.repeat(np.clip(0.1 + 0.03 * chance.normal(size=(60, 200)), 0, 1), 40, axis=0)
    assert np.minimum(first_passages(cusum, rates, PART), 38_400).mean() > WANTED
    naive = Cusum.tuned(EXACT, rows=WANTED)
    assert np.minimum(first_passages(naive, rates, PART), 38_400).mean() < WANTED


def test_half_as_many_errors_again_are_found_within_a_window() -> None:
    """.10 to .15, one false alarm in a million rows: in 700 rows (median); .30 in 100."""
    assert np.median(first_passages(TUNED, np.full((200, 300), 0.15), PART)) <= 900
    assert np.median(first_passages(TUNED, np.full((200, 300), 0.30), PART)) <= 112


def test_the_formula_is_that_of_a_simulated_walk() -> None:
    """Brownian motion, in steps so small that none overshoots much."""
    chance, steps = np.random.default_rng(9), 0.02
    sums, found = np.zeros(400), np.full(400, np.inf)
    for step in range(1, 20_000):
        sums = np.maximum(0.0, sums - 0.5 * steps + np.sqrt(steps) * chance.normal(size=400))
        found[(sums >= 3.0) & np.isinf(found)] = step * steps
    said = float(run_length(3.0 + 2 * 0.583 * np.sqrt(steps), np.array([-0.5]), np.array([1.0]))[0])
    assert np.minimum(found, 400.0).mean() == pytest.approx(said, rel=0.15)


@settings(max_examples=50, deadline=None)
@given(before=st.lists(counts, max_size=20), bad=junk, later=st.lists(counts, max_size=20))
def test_no_input_turns_it_off(
    before: list[tuple[int, int]], bad: tuple[Any, Any], later: list[tuple[int, int]]
) -> None:
    """What is no count is refused and leaves no trace; errors without end still fire."""
    standing = clean = TUNED.start()
    for rows, errors in before:
        standing = clean = TUNED.advance(clean, rows, errors)
    with pytest.raises(CountRefused):
        TUNED.advance(standing, *bad)
    for rows, errors in later:
        standing, clean = TUNED.advance(standing, rows, errors), TUNED.advance(clean, rows, errors)
    assert standing == clean
    assert all(np.isfinite(one) and 0.0 <= one <= most for one, most in zip(standing.sums, TUNED.heights, strict=True))
    assert TUNED.advance(standing, 100, 100).fired


@settings(max_examples=50, deadline=None)
@given(parts=st.lists(counts, max_size=30))
def test_a_standing_survives_json_to_the_last_bit(parts: list[tuple[int, int]]) -> None:
    """And goes on as if it had never left."""
    whole = TUNED.start()
    for rows, errors in parts:
        whole = TUNED.advance(whole, rows, errors)
    half = Standing.of_state(json.loads(json.dumps(whole.state())))
    assert half == whole
    assert TUNED.advance(half, 64, 12) == TUNED.advance(whole, 64, 12)


@pytest.mark.parametrize("harm", [{"format": 9}, {"sums": ["nan"]}, {"sums": ["-0x1p0"]}, {"highest": "inf"}])
def test_a_harmed_state_is_refused(harm: dict[str, Any]) -> None:
    """An unknown format, sums that are no numbers."""
    with pytest.raises(ValueError, match="rebuild from the profiles"):
        Standing.of_state({**TUNED.start().state(), **harm})


def test_it_falls_back_when_errors_do() -> None:
    """Sums stop at their heights, so that an hour of errors is not paid for with days."""
    fired = TUNED.advance(TUNED.start(), 100_000, 50_000)
    assert fired.fired
    assert not TUNED.advance(fired, 64, 3).fired


def test_no_errors_in_the_baseline_are_no_rate_of_nothing() -> None:
    """Half an error is put in, so that one error does not page."""
    cusum = Cusum.tuned(null_of(np.zeros(20), np.full(20, 600)), rows=1e6)
    assert not cusum.advance(cusum.start(), 64, 1).fired
    assert cusum.advance(cusum.start(), 64, 32).fired
