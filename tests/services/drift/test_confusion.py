"""The confusion of several classes: as scorers expect it, as labelers count it, as reports say it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, f1_score

from models.calibrator import among_classes
from models.figures import multiclass
from schemas.profile import MICRO, Slice, fixed
from services.drift.findings.moved import expected_quality
from services.drift.findings.realised import figures, realised
from services.drift.findings.reference import Reference
from services.drift.findings.terms import Terms
from services.drift.log.known import nothing_known, settled
from services.drift.log.seen import nothing_seen
from services.drift.log.shape import shape_of
from services.drift.stats.estimate import from_rows
from services.drift.sums import Known, Seen
from services.labeler.core import STATUSES
from services.labeler.slices import slices as joined
from services.labeler.tables import Naming, Rows
from services.scorer.histograms import Histograms
from services.scorer.profile import Seen as Scored
from services.scorer.profile import Sizes
from services.scorer.profile import slices as scored
from tests.models.bundles import CLASSES, make_bundle

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
NAMED = {"model_version": "1", "bundle_digest": "d", "arm": "champion"}


def no_features(_raw: NDArray[np.float32], _groups: Longs, number: int) -> Histograms:
    """A model may be judged by its answers alone."""
    return Histograms(np.zeros((number, 0, 2), np.int64), np.zeros((number, 0, 2), np.int64))


SIZES = Sizes(count=no_features, decision_names=CLASSES, segment_names=())


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """A model of three classes."""
    return Reference(make_bundle(tmp_path_factory.mktemp("many") / "bundle", task="multiclass"))


def from_scorer(chances: Floats, decisions: Longs) -> Slice:
    """The slice of rows in one bucket with these chances of each class."""
    n = len(decisions)
    estimates = chances[np.arange(n), decisions]
    nothing = np.zeros(n, np.bool_)
    buckets, raw = np.zeros(n, np.int64), np.zeros((n, 0), np.float32)
    rows = Scored(
        buckets=buckets, raw=raw, raw_buckets=buckets, counted=(), score_bins=np.zeros(n, np.int32),
        scores=estimates, decisions=decisions, estimates=estimates, chances=chances, marked=nothing, flagged=nothing,
        segments=np.zeros((n, 0), np.int32),
    )  # fmt: skip
    return next(iter(scored(rows, SIZES, NAMED)))


def from_labeler(labels: Longs, decisions: Longs) -> Slice:
    """The slice of the same rows once their labels are there."""
    n = len(labels)
    nothing = np.zeros(n, np.int64)
    rows = Rows(
        buckets=nothing, sixteenths=nothing, words=nothing, segments=np.zeros((n, 0), np.int64),
        statuses=np.full(n, STATUSES.index("matched")), score_bins=nothing, scores=np.zeros(n), decisions=decisions,
        estimates=np.ones(n), labels=labels.astype(np.float64), label_bins=labels, before=np.full(n, np.nan),
        before_bins=nothing, delays=nothing, excluded=np.zeros(n, np.bool_), first=np.ones(n, np.bool_),
    )  # fmt: skip
    naming = Naming(versions=[("1", "d", "champion")], segments=[], labels=CLASSES, classes=len(CLASSES))
    return next(iter(joined(rows, naming)))


def table(places: list[int], counts: list[int]) -> Longs:
    """By decided and by true class."""
    found = np.zeros(len(CLASSES) ** 2, np.int64)
    found[places] = counts
    return found.reshape(len(CLASSES), len(CLASSES))


def rows_at_random(seed: int, rows: int) -> tuple[Floats, Longs, Longs]:
    """Chances of each class that are true, the decisions and the labels."""
    chance = np.random.default_rng(seed)
    scores = chance.dirichlet(np.full(len(CLASSES), 0.6), rows)
    decisions = scores.argmax(axis=1)
    chances = among_classes(scores.max(axis=1), scores, decisions)
    labels = (chances.cumsum(axis=1) < chance.random((rows, 1))).sum(axis=1)
    return chances, decisions, np.minimum(labels, len(CLASSES) - 1)


@given(pairs=some.lists(some.tuples(some.integers(0, 2), some.integers(0, 2)), min_size=1, max_size=60))
def test_where_every_chance_is_0_or_1_what_is_expected_is_what_is_found(pairs: list[tuple[int, int]]) -> None:
    """Scorer and labeler tell the same table, scikit-learn's, each row once."""
    decisions, labels = np.array(pairs).T
    said = from_scorer(np.eye(len(CLASSES))[labels], decisions)
    found = from_labeler(labels, decisions)["added"]
    exact = confusion_matrix(labels, decisions, labels=range(len(CLASSES))).T
    assert table(said["confusion_places"], said["confusion_sums"]).tolist() == (exact * MICRO).tolist()
    assert table(found["confusion_places"], found["confusion_rows"]).tolist() == exact.tolist()


@given(seed=some.integers(0, 2**32 - 1), rows=some.integers(1, 80))
def test_what_is_expected_adds_up_to_the_rows(seed: int, rows: int) -> None:
    """As rows one by one say it (NannyML's estimate), but for the rounding of a sum; F1 is that of the same table."""
    chances, decisions, _ = rows_at_random(seed, rows)
    said = from_scorer(chances, decisions)
    found, whole = table(said["confusion_places"], said["confusion_sums"]) / MICRO, from_rows(chances, decisions)
    assert found.sum() == pytest.approx(rows, abs=rows * 2e-6)
    assert found == pytest.approx(whole.cells, abs=rows * 1e-6)
    assert multiclass(whole.cells)["f1"] == pytest.approx(whole.f1.value)


@given(seed=some.integers(0, 2**32 - 1), rows=some.integers(1, 80), kinds=some.integers(1, 3))
def test_f1_of_several_classes_is_scikit_learn_s_mean(seed: int, rows: int, kinds: int) -> None:
    """Over the classes that were decided or are there."""
    decisions, labels = np.random.default_rng(seed).integers(0, kinds, (2, rows))
    counts = confusion_matrix(labels, decisions, labels=range(len(CLASSES))).T
    assert multiclass(counts)["f1"] == pytest.approx(f1_score(labels, decisions, average="macro"))
    assert multiclass(np.zeros((3, 3))) == {}


def seen_by(reference: Reference, chances: Floats, decisions: Longs) -> Seen:
    """What a sidecar adds up of these rows, as far as the estimate needs it."""
    right, said = fixed(chances[np.arange(len(decisions)), decisions]), from_scorer(chances, decisions)
    return replace(
        nothing_seen(shape_of(reference.bundle)),
        rows=len(decisions),
        estimated=len(decisions),
        estimate_sum=int(right.sum()),
        estimate_variance=int((right * (MICRO - right) // MICRO).sum()),
        confusion=table(said["confusion_places"], said["confusion_sums"]),
    )


def known_by(reference: Reference, labels: Longs, decisions: Longs) -> Known:
    """The same of their labels."""
    said = from_labeler(labels, decisions)["added"]
    blank = nothing_known(shape_of(reference.bundle))
    blank.cells[0] = np.bincount(labels, minlength=len(CLASSES))
    blank.parts[0] = said["rows"], said["errors"]
    confusion = table(said["confusion_places"], said["confusion_rows"])
    return replace(blank, rows=said["rows"], closed=said["rows"], errors=said["errors"], confusion=confusion)


def reported(reference: Reference, seed: int, rows: int = 2_000) -> tuple[dict[str, Any], dict[str, Any]]:
    """What reports of inputs and of their cohort say: estimated, realised."""
    chances, decisions, labels = rows_at_random(seed, rows)
    expected = expected_quality(seen_by(reference, chances, decisions), reference, Terms()).record()
    assert expected is not None
    known = known_by(reference, labels, decisions)
    return expected, realised(known, reference, Terms()).record(figures(known, reference))


def test_reports_say_f1_and_confusion_of_several_classes_expected_and_found_alike(reference: Reference) -> None:
    """In shares of the rows by name, the largest first; what labels say later is near what scores let expect."""
    for said, other in [pair for seed in range(4) for pair in [reported(reference, seed)]]:
        for one in (said, other):
            pairs = {(cell["decided"], cell["label"]): cell["share"] for cell in one["confusion_by_class"]}
            assert list(pairs.values()) == sorted(pairs.values(), reverse=True)
            assert sum(pairs.values()) == pytest.approx(1.0)
            assert sum(share for (decided, label), share in pairs.items() if decided == label) == pytest.approx(
                one["accuracy"], abs=1e-6
            )
            assert one["confusion"] is None
        assert said["f1"] == pytest.approx(other["f1"], abs=0.04)
        shares = [{(c["decided"], c["label"]): c["share"] for c in one["confusion_by_class"]} for one in (said, other)]
        assert all(abs(share - shares[1].get(pair, 0.0)) < 0.03 for pair, share in shares[0].items())


def test_rows_that_an_older_writer_told_without_classes_leave_no_figure(reference: Reference) -> None:
    """Of a part of the rows alone it would be another one."""
    chances, decisions, labels = rows_at_random(1, 300)
    seen, known = seen_by(reference, chances, decisions), known_by(reference, labels, decisions)
    older = replace(nothing_seen(shape_of(reference.bundle)), rows=1, estimated=1, estimate_sum=900_000)
    expected = expected_quality(seen.plus(older), reference, Terms()).record()
    assert expected is not None
    assert (expected["f1"], expected["confusion_by_class"]) == (None, [])
    assert figures(replace(known, rows=known.rows + 1), reference) == {}
    assert figures(nothing_known(shape_of(reference.bundle)), reference) == {}


def test_a_row_taken_back_that_was_never_added_leaves_no_figure(reference: Reference) -> None:
    """The table has nothing below zero in it, and is none of all rows."""
    decisions = np.array([0, 1, 2])
    known = known_by(reference, np.array([0, 1, 1]), decisions)
    known.confusion[0, 1] = -1
    found = settled(known)
    assert found.confusion.min() == 0
    assert figures(replace(found, rows=2), reference) == {}


def test_a_snapshot_of_before_adds_up_with_what_is_told_now(reference: Reference) -> None:
    """A day that was open while the sidecar was made newer goes on; it is not told whole, so it has no figure."""
    chances, decisions, labels = rows_at_random(2, 300)
    seen, known = seen_by(reference, chances, decisions), known_by(reference, labels, decisions)
    before, earlier = ({name: one for name, one in of.as_data().items() if name != "confusion"} for of in (seen, known))
    assert Seen.of_data(before).plus(seen).confusion.tolist() == seen.confusion.tolist()
    assert Known.of_data(earlier).plus(known).confusion.tolist() == known.confusion.tolist()


def test_a_snapshot_of_before_is_the_same_when_it_is_written_again(reference: Reference) -> None:
    """It is known by what it holds: were it another, the whole log would be read again."""
    shape = shape_of(reference.bundle)
    for one in (nothing_seen(shape), nothing_known(shape)):
        before = one.as_data()
        assert "confusion" not in before
        assert type(one).of_data(before).as_data() == before


def test_a_regression_has_neither(tmp_path: Path) -> None:
    """Nothing is said of it, with the reason."""
    plain = Reference(make_bundle(tmp_path / "bundle", task="regression"))
    shape = shape_of(plain.bundle)
    found = expected_quality(replace(nothing_seen(shape), rows=10), plain, Terms())
    assert (found.record(), found.why_not) == (None, "no estimate for a regression in this version")
    known = replace(nothing_known(shape), rows=10, absolute_error_sum=MICRO)
    assert set(figures(known, plain)) == {"mae", "bias"}
    assert realised(known, plain, Terms()).record({})["confusion_by_class"] == []
