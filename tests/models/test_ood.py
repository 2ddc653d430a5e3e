"""The detector flags its rate of what it has never seen, and nearly all of what is really strange."""

import math
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from pydantic import ValidationError
from sklearn.covariance import ledoit_wolf_shrinkage

from load.flights.replay import CONTRACT
from load.flights.table import read_flights
from models import manifest as contents
from models.bundle import BundleRefused, load_bundle
from models.contract import Contract, ContractRefused, load_contract, read_contract
from models.fitting.outliers import fit_outliers, folds, shrinkage
from models.manifest import read_manifest, sealed
from models.ood import OutOfDistribution
from models.reference import reference_from
from tests.models.bundles import contract_text, make_bundle, resealed

ROWS = 20_000
Matrix = NDArray[np.float32]
Chance = np.random.Generator
Source = Callable[[Chance, int], NDArray[np.float64]]


def terms(kinds: str, **more: Any) -> Contract:
    """A contract of one feature a letter: f loat, i nt, b ool, c ategory; every one may be missing."""
    names = {"f": "float", "i": "int", "b": "bool", "c": "category"}
    features = [
        {
            "name": f"x{place}",
            "type": names[kind],
            "nullable": True,
            **({"categories": ["A", "B", "C"]} if kind == "c" else {}),
        }
        for place, kind in enumerate(kinds)
    ]
    return read_contract(contract_text(features=features, **more))


def fitted(matrix: Matrix, kinds: str = "", **more: float) -> OutOfDistribution:
    """The detector of `matrix`, all of whose features are floats unless `kinds` says otherwise."""
    made = fit_outliers(matrix, terms(kinds or "f" * matrix.shape[1], **more))
    assert made is not None
    return made


def together(chance: Chance, rows: int, width: int, correlation: float) -> NDArray[np.float64]:
    """Normal columns, each pair of them as correlated as said."""
    shared, own = chance.normal(size=(rows, 1)), chance.normal(size=(rows, width))
    found: NDArray[np.float64] = math.sqrt(correlation) * shared + math.sqrt(1 - correlation) * own
    return found


def laplace(normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same ranks with the double exponential's tails."""
    tail = np.array([math.erfc(value) for value in np.abs(normal).ravel() / math.sqrt(2)])
    found: NDArray[np.float64] = np.copysign(np.log(tail).reshape(normal.shape), normal)
    return found


def holed(matrix: NDArray[np.float64], chance: Chance, share: float) -> NDArray[np.float64]:
    """With `share` of the values missing."""
    found: NDArray[np.float64] = np.where(chance.random(matrix.shape) < share, np.nan, matrix)
    return found


MIXED = "fibbfcf"


def mixed(chance: Chance, rows: int) -> NDArray[np.float64]:
    """Float, int, even and rare bools, mostly zero, a category, a float; correlated; one value in 20 missing."""
    found = together(chance, rows, 7, 0.6)
    found[:, 1] = np.rint(found[:, 1] * 3)
    found[:, 2:4] = found[:, 2:4] > (0.3, 2.0)
    found[:, 4] = np.where(found[:, 4] < 1, 0.0, found[:, 4])
    found[:, 5] = chance.integers(-1, 3, rows)
    return holed(found, chance, 0.05)


SOURCES: dict[str, tuple[Source, str]] = {
    "normal": (lambda chance, rows: chance.normal(size=(rows, 8)), ""),
    "correlated": (lambda chance, rows: together(chance, rows, 16, 0.8), ""),
    "lognormal": (lambda chance, rows: np.exp(chance.normal(size=(rows, 8))), ""),
    "lognormal, correlated": (lambda chance, rows: np.exp(together(chance, rows, 8, 0.8)), ""),
    "student t3": (lambda chance, rows: chance.standard_t(3, size=(rows, 8)), ""),
    "a tenth missing": (lambda chance, rows: holed(together(chance, rows, 8, 0.8), chance, 0.1), ""),
    "mixed": (mixed, MIXED),
    "one float": (lambda chance, rows: chance.normal(size=(rows, 1)), ""),
}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", SOURCES)
def test_the_rate_holds_on_rows_never_seen(name: str, seed: int) -> None:
    """20,000 rows to fit, 20,000 others to judge, 1 % asked for: within 0.3 points, which is 3 standard errors."""
    source, kinds = SOURCES[name]
    chance = np.random.default_rng(seed)
    made = fitted(source(chance, ROWS).astype(np.float32), kinds)
    _, flagged = made.judge(source(chance, ROWS).astype(np.float32))
    assert flagged.mean() == pytest.approx(0.01, abs=0.003)


def test_the_rate_is_the_contracts() -> None:
    """One row in twenty where one in twenty is asked for."""
    chance = np.random.default_rng(3)
    made = fitted(together(chance, ROWS, 6, 0.5).astype(np.float32), ood_rate=0.05)
    assert made.rate == 0.05
    assert made.judge(together(chance, ROWS, 6, 0.5).astype(np.float32))[1].mean() == pytest.approx(0.05, abs=0.005)


def test_a_small_reference_is_not_flattered_by_rows_it_was_fitted_on() -> None:
    """400 rows of 24 features: 1 % of new rows over 8 seeds, where a threshold read in sample flags over 2 %."""
    honest, flattered = [], []
    for seed in range(8):
        chance = np.random.default_rng(seed)
        seen, fresh = (together(chance, rows, 24, 0.5).astype(np.float32) for rows in (400, 5000))
        made = fitted(seen)
        in_sample = np.quantile(made.measure(seen)[1], 0.99)
        honest.append(made.judge(fresh)[1].mean())
        flattered.append((made.measure(fresh)[1] >= in_sample).mean())
    assert np.mean(honest) == pytest.approx(0.01, abs=0.003)
    assert np.mean(flattered) > 0.02


@pytest.fixture(scope="module")
def flights() -> Matrix:
    """The reference of the flights bundle: 12,729 rows of 13 features."""
    table = read_flights(date(2013, 2, 15), date(2013, 2, 28))
    return reference_from(table, load_contract(CONTRACT), labels="late").matrix


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_rate_holds_on_flights_never_seen(flights: Matrix, seed: int) -> None:
    """Each row judged by what was fitted on the other four fifths, in random parts."""
    contract = load_contract(CONTRACT)
    part = np.random.default_rng(seed).permutation(len(flights)) % 5
    flagged = np.empty(len(flights), dtype=np.bool_)
    for number in range(5):
        made = fit_outliers(flights[part != number], contract)
        assert made is not None
        flagged[part == number] = made.judge(flights[part == number])[1]
    assert flagged.mean() == pytest.approx(0.01, abs=0.003)


SHIFTED: dict[str, tuple[Source, str]] = {
    "normal, 16": (lambda chance, rows: chance.normal(size=(rows, 16)), ""),
    "normal, 32": (lambda chance, rows: chance.normal(size=(rows, 32)), ""),
    "correlated .8, 16": (lambda chance, rows: together(chance, rows, 16, 0.8), ""),
    "correlated .8, 16, a tenth missing": (
        lambda chance, rows: holed(together(chance, rows, 16, 0.8), chance, 0.1),
        "",
    ),
    "double exponential, correlated .8, 16": (lambda chance, rows: laplace(together(chance, rows, 16, 0.8)), ""),
    "one student t5 among 8 normal": (
        lambda chance, rows: np.hstack([chance.normal(size=(rows, 8)), chance.standard_t(5, size=(rows, 1))]),
        "",
    ),
    "uniform whole numbers": (lambda chance, rows: chance.integers(0, 24, (rows, 8)).astype(np.float64), "i" * 8),
}


def shifted(matrix: Matrix, place: int) -> Matrix:
    """The rows that have this feature, with six of its standard deviations added to it."""
    rows = matrix[~np.isnan(matrix[:, place])]
    rows[:, place] += np.float32(6 * np.nanstd(matrix[:, place].astype(np.float64)))
    return rows


@pytest.mark.parametrize("name", SHIFTED)
def test_six_sigmas_in_one_feature_are_flagged(name: str) -> None:
    """Each feature in turn, every other left alone: 95 % of 4,000 rows at least, fitted on 10,000."""
    source, kinds = SHIFTED[name]
    chance = np.random.default_rng(4)
    made = fitted(source(chance, 10_000).astype(np.float32), kinds)
    fresh = source(chance, 4000).astype(np.float32)
    assert min(made.judge(shifted(fresh, place))[1].mean() for place in range(fresh.shape[1])) >= 0.95


def test_six_sigmas_in_a_flight_are_flagged(flights: Matrix) -> None:
    """In all nine features that are quantities but precipitation, whose own tail goes as far."""
    contract = load_contract(CONTRACT)
    made = fit_outliers(flights[::2], contract)
    assert made is not None
    found = {
        feature.name: made.judge(shifted(flights[1::2], place))[1].mean()
        for place, feature in enumerate(contract.features)
        if feature.type in ("float", "int")
    }
    assert {name for name, share in found.items() if share < 0.95} == {"precip"}


def test_six_sigmas_of_a_heavy_tail_are_nothing_strange() -> None:
    """Sixteen independent lognormal features: where 95 % of the shifted rows lie, 5 % of all rows lie anyway.

    No bound can flag those shifted rows and 1 % of the others; the detector keeps the rate and misses them.
    """
    chance = np.random.default_rng(5)
    seen, fresh = (np.exp(chance.normal(size=(10_000, 16))).astype(np.float32) for _ in range(2))
    needed = np.quantile(seen, 0.05, axis=0) + 6 * seen.std(axis=0)
    assert (fresh >= needed).any(axis=1).mean() > 0.05
    made = fitted(seen)
    assert made.judge(fresh)[1].mean() == pytest.approx(0.01, abs=0.003)
    assert made.judge(shifted(fresh, 0))[1].mean() < 0.1
    far = fresh.copy()
    far[:, 0] = 2 * seen[:, 0].max()
    assert made.judge(far)[1].all()


@pytest.mark.parametrize(("width", "correlation", "seed"), [(16, 0.8, 6), (16, 0.8, 7), (32, 0.8, 6), (8, 0.9, 6)])
def test_broken_correlations_are_flagged(width: int, correlation: float, seed: int) -> None:
    """Every column permuted by itself, so that each marginal is kept: 95 % of 10,000 rows at least."""
    chance = np.random.default_rng(seed)
    made = fitted(together(chance, 10_000, width, correlation).astype(np.float32))
    fresh = together(chance, 10_000, width, correlation).astype(np.float32)
    assert made.judge(fresh)[1].mean() == pytest.approx(0.01, abs=0.003)
    assert made.judge(chance.permuted(fresh, axis=0))[1].mean() >= 0.95


def test_too_few_features_cannot_show_broken_correlations() -> None:
    """Eight at .8: even the likelihood ratio of both distributions, which no test beats, finds less than 95 %."""
    chance = np.random.default_rng(8)
    fresh = together(chance, 100_000, 8, 0.8)
    broken = chance.permuted(fresh, axis=0)
    precision = np.linalg.inv(np.full((8, 8), 0.8) + 0.2 * np.eye(8))
    ratio, permuted = (((rows @ (precision - np.eye(8))) * rows).sum(axis=1) for rows in (fresh, broken))
    best = (permuted > np.quantile(ratio, 0.99)).mean()
    made = fitted(fresh[:10_000].astype(np.float32))
    assert 0.70 < made.judge(broken[10_000:].astype(np.float32))[1].mean() < best < 0.90


def test_the_distance_is_mahalanobis() -> None:
    """On normal data it agrees with the distance in plain floating point, but for the estimate of the marginals."""
    chance = np.random.default_rng(9)
    seen, fresh = (together(chance, ROWS, 6, 0.7).astype(np.float32) for _ in range(2))
    plain = fresh.astype(np.float64) - seen.mean(axis=0)
    exact = np.sqrt(np.einsum("ij,jk,ik->i", plain, np.linalg.inv(np.cov(seen.T.astype(np.float64))), plain))
    ratio = fitted(seen).measure(fresh)[1] / exact
    assert abs(np.median(ratio) - 1) < 0.02
    assert np.quantile(np.abs(ratio - 1), 0.95) < 0.1


def exact(made: OutOfDistribution, heights: list[int], lost: int) -> float:
    """The distance in whole numbers without bound, as the units say; the height at `lost` from all the others."""
    width = len(heights)
    root = [[made.root[max(i, j)][min(i, j)] for j in range(width)] for i in range(width)]
    precision = [[sum(root[i][k] * root[k][j] for k in range(width)) for j in range(width)] for i in range(width)]
    pulls = [round(Fraction(precision[lost][j] * 2**17, precision[lost][lost])) for j in range(width)]
    rest = sum(pulls[j] * heights[j] for j in range(width) if j != lost)
    whole = [-round(Fraction(rest, 2**17)) if j == lost else heights[j] for j in range(width)]
    sums = [round(Fraction(sum(r * h for r, h in zip(row, whole, strict=True)), 2**24)) for row in root]
    return math.sqrt(sum(one * one for one in sums)) / 2**8


def test_the_distance_is_exact() -> None:
    """To the bit what whole numbers say, so no order of summing can show; 300 rows with one value missing."""
    chance = np.random.default_rng(24)
    seen = (together(chance, 2000, 12, 0.7) * 16).round() / 16
    made = fitted(seen.astype(np.float32))
    picks = chance.integers(1, 7, (300, 12))
    rows = np.array([[made.features[j].knots[at] for j, at in enumerate(row)] for row in picks], dtype=np.float32)
    lost = chance.integers(0, 12, 300)
    rows[np.arange(300), lost] = np.nan
    heights = [[round(made.features[j].heights[at] * 2**15) for j, at in enumerate(row)] for row in picks]
    expected = [exact(made, row, int(hole)) for row, hole in zip(heights, lost, strict=True)]
    assert made.measure(rows)[1].tolist() == expected


def test_few_rows_of_many_features_are_shrunk() -> None:
    """200 rows of 100 features at .5, 3 seeds: half of the broken correlations are seen, a sixth without shrinking."""
    strange, broken = [], []
    for seed in range(3):
        chance = np.random.default_rng(seed)
        made = fitted(together(chance, 200, 100, 0.5).astype(np.float32))
        fresh = together(chance, 1000, 100, 0.5).astype(np.float32)
        strange.append(made.judge(fresh)[1].mean())
        broken.append(made.judge(chance.permuted(fresh, axis=0))[1].mean())
    assert np.mean(strange) < 0.015
    assert np.mean(broken) > 0.35


def test_the_shrinkage_is_that_of_ledoit_and_wolf() -> None:
    """As scikit-learn computes it."""
    rows = together(np.random.default_rng(10), 50, 20, 0.3)
    assert shrinkage(rows) == pytest.approx(ledoit_wolf_shrinkage(rows, assume_centered=True))


def test_the_folds_are_equal_and_keep_no_rhythm() -> None:
    """Every fifth row, and every fold of every fifth row, is a fifth."""
    fold = folds(10_000)
    for rows in (fold, fold[::5], fold[::7], fold[:1000]):
        np.testing.assert_allclose(np.bincount(rows, minlength=5) / len(rows), 0.2, atol=0.01)


def test_what_is_missing_makes_no_row_strange() -> None:
    """One, three, eight, fifteen of 16 correlated values missing: flagged no more often than whole rows."""
    chance = np.random.default_rng(11)
    made = fitted(together(chance, 10_000, 16, 0.8).astype(np.float32))
    fresh = together(chance, 10_000, 16, 0.8).astype(np.float32)
    order = chance.permuted(np.tile(np.arange(16), (len(fresh), 1)), axis=1)
    for lost in (1, 3, 8, 12, 15):
        assert made.judge(np.where(order < lost, np.float32(np.nan), fresh))[1].mean() <= 0.01
    scores, flagged = made.judge(np.full((1, 16), np.nan, dtype=np.float32))
    assert (scores[0], flagged[0]) == (0.0, False)


def test_what_is_missing_does_not_hide_what_is_there() -> None:
    """Half of a row is missing, two of the others contradict each other: flagged."""
    chance = np.random.default_rng(12)
    made = fitted(together(chance, 10_000, 16, 0.9).astype(np.float32))
    row = np.zeros((1, 16), dtype=np.float32)
    row[0, :8], row[0, 8:10] = np.nan, (2.5, -2.5)
    assert made.judge(row)[1].all()


def test_categories_are_no_numbers() -> None:
    """Another category, an unseen one or none changes no bit of any score."""
    chance = np.random.default_rng(13)
    made = fitted(mixed(chance, 5000).astype(np.float32), MIXED)
    rows = mixed(chance, 500).astype(np.float32)
    expected = made.judge(rows)[0].tobytes()
    for category in (-1.0, 0.0, 2.0, np.nan):
        rows[:, MIXED.index("c")] = category
        assert made.judge(rows)[0].tobytes() == expected


def test_a_bundle_of_categories_alone_has_no_detector(tmp_path: Path) -> None:
    """There is nothing to measure."""
    features = [{"name": name, "type": "category", "categories": ["A", "B", "C"]} for name in ("one", "other")]
    assert make_bundle(tmp_path / "b", features=features).ood is None
    assert not (tmp_path / "b" / "ood.json").exists()


def test_a_constant_that_changes_is_flagged() -> None:
    """Anything but its one value is strange; rounding is not."""
    chance = np.random.default_rng(14)
    seen = chance.normal(size=(2000, 3)).astype(np.float32)
    seen[:, 1] = 0.1
    made = fitted(seen)
    rows = np.zeros((4, 3), dtype=np.float32)
    rows[:, 1] = 0.1, np.nextafter(np.float32(0.1), np.float32(1)), 0.11, -5.0
    assert made.judge(rows)[1].tolist() == [False, False, True, True]


def test_a_copy_that_disagrees_is_flagged() -> None:
    """Two columns that were always equal have no inverse covariance; shrinking gives them one."""
    chance = np.random.default_rng(15)
    seen, fresh = (together(chance, 10_000, 6, 0.3).astype(np.float32) for _ in range(2))
    seen[:, 5], fresh[:, 5] = seen[:, 0], fresh[:, 0]
    made = fitted(seen)
    assert made.judge(fresh)[1].mean() == pytest.approx(0.01, abs=0.003)
    fresh[:, 5] += 0.3
    assert made.judge(fresh)[1].mean() >= 0.95


def test_a_rare_flag_does_not_take_the_whole_rate() -> None:
    """True in one row of forty: such rows are not all flagged, and broken correlations still are."""
    chance = np.random.default_rng(16)
    seen, fresh = (np.hstack([together(chance, 10_000, 16, 0.85), chance.random((10_000, 1)) < 0.025]) for _ in "ab")
    made = fitted(seen.astype(np.float32), "f" * 16 + "b")
    assert made.judge(fresh[fresh[:, 16] == 1].astype(np.float32))[1].mean() < 0.1
    assert made.judge(chance.permuted(fresh, axis=0).astype(np.float32))[1].mean() >= 0.95


def test_infinity_and_the_largest_floats_are_flagged() -> None:
    """They are refused before they come here; if they come, they are strange and warn of nothing."""
    made = fitted(np.random.default_rng(17).normal(size=(1000, 3)).astype(np.float32))
    rows = np.zeros((4, 3), dtype=np.float32)
    rows[:, 1] = np.inf, -np.inf, np.finfo(np.float32).max, np.finfo(np.float32).min
    scores, flagged = made.judge(rows)
    assert flagged.all()
    assert scores.tolist() == [1000.0] * 4


def batches(made: OutOfDistribution, matrix: Matrix, size: int) -> bytes:
    """The scores of `matrix` judged `size` rows at a time, as bytes."""
    parts = [made.judge(matrix[start : start + size])[0] for start in range(0, len(matrix), size)]
    return np.concatenate(parts).tobytes()


@pytest.mark.parametrize(("width", "rows"), [(1, 600), (5, 1200), (32, 1200), (150, 150)])
def test_a_row_has_the_same_score_in_any_batch(width: int, rows: int) -> None:
    """To the bit, one by one or in odd parts, rows with missing values among them."""
    chance = np.random.default_rng(18)
    made = fitted(together(chance, 600, width, 0.7).astype(np.float32))
    matrix = holed(np.exp(together(chance, rows, width, 0.5)), chance, 0.15).astype(np.float32)
    matrix[::3] = together(chance, rows // 3, width, 0.7)
    whole = made.judge(matrix)[0].tobytes()
    assert [batches(made, matrix, size) == whole for size in (1, 7, 64, 257, 1000)] == [True] * 5
    turned = made.judge(np.asfortranarray(matrix[::-1]))[0][::-1]
    assert turned.tobytes() == whole


FLOATS = arrays.arrays(
    np.float32, (200, 3), elements=some.floats(width=32, allow_infinity=False), fill=some.floats(-3, 3, width=32)
)


@settings(max_examples=40)
@given(seen=FLOATS, fresh=arrays.arrays(np.float32, (9, 3), elements=some.floats(width=32)))
def test_any_reference_gives_a_detector_and_any_row_a_score(seen: Matrix, fresh: Matrix) -> None:
    """Of whatever float32 can hold; scores are 0 to 1000, flags are theirs, and batches do not matter."""
    made = fitted(seen)
    scores, flagged = made.judge(fresh)
    assert ((scores >= 0) & (scores <= 1000)).all()
    assert (flagged == (scores >= 1)).all()
    assert batches(made, fresh, 1) == scores.tobytes()
    assert OutOfDistribution.model_validate_json(made.model_dump_json()) == made


def test_no_rows_have_no_scores() -> None:
    """An empty batch is judged too."""
    scores, flagged = fitted(np.random.default_rng(19).normal(size=(300, 2)).astype(np.float32)).judge(
        np.empty((0, 2), dtype=np.float32)
    )
    assert (scores.shape, flagged.shape) == ((0,), (0,))


def test_the_order_of_summing_does_not_show() -> None:
    """The reference's rows in another order, which changes every float sum's last bits, give the same numbers.

    Folds follow the order, so the threshold may differ; curves, bounds and the root may not.
    """
    seen = together(np.random.default_rng(20), 3000, 8, 0.6).astype(np.float32)
    one, other = fitted(seen), fitted(seen[::-1].copy())
    assert one.model_copy(update={"threshold": other.threshold}) == other


def test_the_bundle_judges_as_its_file_says(sound: Path) -> None:
    """What is loaded is what was written."""
    made = load_bundle(sound).ood
    assert made is not None
    assert (made.rate, made.rows, made.places) == (0.01, 400, [0, 1, 2, 4])
    assert OutOfDistribution.model_validate_json((sound / "ood.json").read_bytes()) == made


def test_a_bundle_from_before_has_none(copied: Path) -> None:
    """It still loads."""
    (copied / contents.OOD).unlink()
    manifest = read_manifest((copied / contents.NAME).read_bytes())
    files = {name: file for name, file in manifest.files.items() if name != contents.OOD}
    (copied / contents.NAME).write_bytes(sealed(manifest.model_copy(update={"files": files})))
    assert load_bundle(copied).ood is None


def test_a_detector_of_another_contract_is_refused(copied: Path) -> None:
    """It would read the wrong columns."""
    other = fitted(np.random.default_rng(21).normal(size=(300, 5)).astype(np.float32))
    resealed(copied, {contents.OOD: other.model_dump_json().encode()})
    with pytest.raises(BundleRefused, match=r"ood\.json: found width and places \(5, \[0, 1, 2, 3, 4\]\), expected"):
        load_bundle(copied)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"root": ((1,),)}, "lower triangle"),
        ({"root": ((2**24,), (1, 1))}, "less than 16777216"),
        ({"width": 1}, "places below 1"),
        ({"rate": 0.5}, "less than or equal to 0.2"),
    ],
)
def test_a_detector_that_is_none_is_refused(change: dict[str, object], said: str) -> None:
    """Its parts fit each other, and its sums stay exact."""
    made = fitted(np.random.default_rng(22).normal(size=(300, 2)).astype(np.float32))
    with pytest.raises(ValidationError, match=said):
        OutOfDistribution.model_validate({**made.model_dump(), **change})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lowest": 9.0}, "centre must lie between"),
        ({"knots": (1.0, 0.0)}, "as many"),
        ({"knots": (1.0, 0.0), "heights": (0.0, 1.0)}, "knots must rise"),
    ],
)
def test_a_marginal_that_is_none_is_refused(change: dict[str, object], said: str) -> None:
    """Bounds lie around the centre, a curve goes from left to right."""
    made = fitted(np.random.default_rng(23).normal(size=(300, 1)).astype(np.float32)).features[0]
    with pytest.raises(ValidationError, match=said):
        type(made).model_validate({**made.model_dump(), **change})


def test_a_rate_of_nothing_leaves_the_judgement_out() -> None:
    """For a contract of so many features that it would cost more than the model."""
    assert fit_outliers(np.ones((300, 2), np.float32), terms("ff", ood_rate=0.0)) is None


@pytest.mark.parametrize("rate", [-0.01, 0.21])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    """Nothing at least, a fifth at most."""
    with pytest.raises(ContractRefused, match="ood_rate"):
        terms("f", ood_rate=rate)
