"""Every row is answered by the best that still can, and says by whom and why."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models.bundle import BundleRefused, load_bundle
from models.contract import Contract, read_contract
from models.session import Brake, ModelFault, Session
from schemas.prediction import MODES
from services.scorer.serving.breaker import Breaker
from services.scorer.serving.causes import CAUSES
from services.scorer.serving.chain import Chain, Served, places_in
from services.scorer.serving.link import RUN_ROWS, Link
from services.scorer.serving.worker import Worker
from tests.models.bundles import CLASSES, FEATURES, contract_text, make_bundle
from tests.models.faulty_onnx import endless, poison, rooted

WIDTH = len(FEATURES)
DEADLINE_SECONDS = 0.3


def rows(count: int, bad: tuple[int, ...] = ()) -> NDArray[np.float32]:
    """Rows that differ, those at `bad` such that a faulty model fails on them."""
    matrix = np.zeros((count, WIDTH), np.float32)
    matrix[:, 0] = np.linspace(-1, 1, count)
    matrix[list(bad), 0] = 99.0
    return matrix


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle for each kind of model."""
    path = tmp_path_factory.mktemp("bundles")
    make_bundle(path / "good", version="1")
    make_bundle(path / "old", version="0", features=FEATURES[1:])
    for name, onnx in (("poison", poison(WIDTH)), ("rooted", rooted(WIDTH)), ("endless", endless(WIDTH))):
        make_bundle(path / name, onnx=onnx, version=name)
    make_bundle(path / "prior", onnx=poison(WIDTH), prior=0.25)
    return path


class Bench:
    """A chain over bundles of a folder, with its breakers' clock in hand."""

    def __init__(self, folder: Path, champion: str | None, fallback: str | None = None) -> None:
        self.now = 0.0
        self.runs = 0
        first = champion or fallback
        assert first is not None
        self.contract = load_bundle(folder / first).contract
        self.chain = Chain(self.contract, self.link(folder, champion), self.link(folder, fallback))

    def link(self, folder: Path, name: str | None) -> Link | None:
        """The bundle called `name` as a link of the chain."""
        if name is None:
            return None
        bundle = load_bundle(folder / name)
        session = Session(bundle.onnx, bundle.contract)
        return Link(
            bundle,
            Worker(session, reopen=lambda: session),
            Breaker(failures=3, cool_seconds=10, clock=lambda: self.now),
            places=places_in(self.contract, bundle.contract),
            deadline_seconds=DEADLINE_SECONDS,
        )

    def ask(self, matrix: NDArray[np.float32], late: NDArray[np.bool_] | None = None) -> list[tuple[str, str]]:
        """The mode and cause of every row."""
        return said(self.chain.answer(matrix, late))


def said(served: Served) -> list[tuple[str, str]]:
    """Modes and causes in words; whoever answered gave a score, whoever did not gave none."""
    answered = np.isfinite(served.scores).all(axis=1)
    assert (answered == (served.modes != MODES.index("rejected"))).all()
    assert (answered == (served.decisions >= 0)).all()
    return [(MODES[m], CAUSES[c]) for m, c in zip(served.modes.tolist(), served.causes.tolist(), strict=True)]


SCORED = ("scored", "")


class Timed:
    """A model that remembers how many rows it was asked about in each run, and how long that took."""

    def __init__(self, session: Session, seconds_a_row: float) -> None:
        self.sizes: list[int] = []
        self.now = 0.0
        self._session, self._seconds = session, seconds_a_row

    def answers(self, matrix: NDArray[np.float32], brake: Brake | None = None) -> NDArray[np.float64]:
        """What the model says."""
        self.sizes.append(len(matrix))
        self.now += len(matrix) * self._seconds
        return self._session.answers(matrix, brake)


def test_a_sound_model_answers_everything(folder: Path) -> None:
    """With its own scores, decisions, estimates; nobody else is asked."""
    bench = Bench(folder, "good", "old")
    served = bench.chain.answer(rows(50))
    assert said(served) == [SCORED] * 50
    bundle = load_bundle(folder / "good")
    scores = Session(bundle.onnx, bundle.contract).score(rows(50))
    np.testing.assert_array_equal(served.scores, scores)
    assert bundle.calibrator is not None
    np.testing.assert_array_equal(served.estimates, bundle.calibrator.estimate(scores, served.decisions))


@pytest.mark.parametrize(("name", "cause"), [("poison", "model_error"), ("rooted", "model_output")])
@pytest.mark.parametrize(("count", "bad"), [(1, (0,)), (2, (1,)), (500, (317,)), (64, (0, 63))])
def test_a_poison_row_costs_itself_alone(folder: Path, name: str, cause: str, count: int, bad: tuple[int, ...]) -> None:
    """Whether the model raises for the whole batch or answers the row with NaN."""
    found = Bench(folder, name).ask(rows(count, bad))
    assert found == [("rejected", cause) if row in bad else SCORED for row in range(count)]


def test_a_row_that_never_ends_costs_itself_alone(folder: Path) -> None:
    """The run over the batch is stopped at the deadline, the row found by halving, its neighbours answered."""
    found = Bench(folder, "endless").ask(rows(16, (5,)))
    assert found == [("rejected", "model_timeout") if row == 5 else SCORED for row in range(16)]


def slow_link(folder: Path, name: str, *, seconds_a_row: float) -> tuple[Link, "Timed"]:
    """A model that takes so long, by a clock of its own, and has a second for a batch."""
    bundle = load_bundle(folder / name)
    slow = Timed(Session(bundle.onnx, bundle.contract), seconds_a_row)
    link = Link(
        bundle,
        Worker(slow, reopen=lambda: slow),
        Breaker(failures=3, cool_seconds=10, clock=lambda: 0.0),
        places=np.arange(WIDTH),
        deadline_seconds=1.0,
        clock=lambda: slow.now,
    )
    return link, slow


def test_a_large_batch_is_asked_in_several_runs(folder: Path) -> None:
    """The answers stand in the rows' order."""
    link, slow = slow_link(folder, "good", seconds_a_row=1e-6)
    matrix = rows(2 * RUN_ROWS + 500)
    found = link.ask(matrix)
    assert slow.sizes == [RUN_ROWS, RUN_ROWS, 500]
    bundle = load_bundle(folder / "good")
    np.testing.assert_array_equal(found.scores, Session(bundle.onnx, bundle.contract).score(matrix))


@pytest.mark.parametrize("bad", [(100,), (4_100,), (7, 7_999), tuple(range(0, 8_000, 500))])
def test_a_poison_row_of_a_large_batch_costs_itself_alone(folder: Path, bad: tuple[int, ...]) -> None:
    """Its run is searched; the others' answers stand, and each run may have bad rows of its own."""
    link, _ = slow_link(folder, "poison", seconds_a_row=1 / 16 / 8_000)
    assert np.flatnonzero(link.ask(rows(8_000, bad)).causes).tolist() == [*bad]


def test_a_batch_has_one_deadline_whatever_its_runs(folder: Path) -> None:
    """And one more for finding bad rows; what no time was left for goes without an answer."""
    link, slow = slow_link(folder, "poison", seconds_a_row=0.3e-3)
    causes = link.ask(rows(8_000, (5, 3_000, 5_000))).causes
    assert not causes[1_000:2_000].any()
    assert causes[7_000:].all()
    assert slow.now < 2.0 + 2_000 * 0.3e-3


@pytest.mark.parametrize(
    ("seconds_a_row", "most"), [(1e-6, 62_500), (1 / 16 / 8_000, 8_000), (0.1e-3, RUN_ROWS), (0.4e-3, RUN_ROWS)]
)
def test_only_a_quick_model_is_asked_about_many(folder: Path, seconds_a_row: float, most: int) -> None:
    """So quick that a run of them may stall; nobody knows of one that was not asked, or that failed."""
    link, _ = slow_link(folder, "poison", seconds_a_row=seconds_a_row)
    assert link.appetite() == RUN_ROWS
    link.ask(rows(1_000))
    assert link.appetite() == pytest.approx(most, abs=1)
    link.ask(rows(1_000, (7,)))
    assert link.appetite() == RUN_ROWS


@pytest.mark.parametrize("times", [1, 10])
def test_poison_does_not_open_the_breaker(folder: Path, times: int) -> None:
    """Row after row of it, alone in its batch: golden rows still come out, so the model is sound."""
    bench = Bench(folder, "poison", "old")
    for _ in range(times):
        assert bench.ask(rows(1, (0,))) == [("fallback", "model_error")]
    assert bench.ask(rows(3)) == [SCORED] * 3


def test_the_fallback_answers_what_the_champion_cannot(folder: Path) -> None:
    """From its own columns of the same matrix, with its own scores."""
    bench = Bench(folder, "poison", "old")
    served = bench.chain.answer(rows(8, (2,)))
    assert said(served) == [("fallback", "model_error") if row == 2 else SCORED for row in range(8)]
    old = load_bundle(folder / "old")
    score = Session(old.onnx, old.contract).score(rows(8, (2,))[2:3, 1:])
    np.testing.assert_array_equal(served.scores[2:3], score)


def test_the_prior_answers_where_there_is_no_fallback(folder: Path) -> None:
    """The contract's own share, decided by its threshold, without an estimate."""
    served = Bench(folder, "prior").chain.answer(rows(4, (1,)))
    assert said(served) == [SCORED, ("prior", "model_error"), SCORED, SCORED]
    assert (served.scores[1, 0], served.decisions[1]) == (0.25, 0)
    assert np.isnan(served.estimates[1])


def test_without_champion_the_fallback_answers_all(folder: Path) -> None:
    """Every row says why."""
    assert Bench(folder, None, "good").ask(rows(3)) == [("fallback", "bundle_missing")] * 3


def test_late_rows_are_not_the_champions(folder: Path) -> None:
    """Those alone."""
    late = np.array([False, True, True, False])
    found = Bench(folder, "good", "old").ask(rows(4), late)
    assert found == [SCORED, ("fallback", "overload"), ("fallback", "overload"), SCORED]


class Broken:
    """A session that fails on everything while `is_broken`."""

    def __init__(self, session: Session) -> None:
        self.session, self.is_broken, self.runs = session, True, 0

    def answers(self, *given: Any) -> NDArray[np.float64]:
        """Fail, or do as the session does."""
        self.runs += 1
        nowhere = np.zeros((1, WIDTH + 1), np.float32)
        return self.session.answers(nowhere if self.is_broken else given[0], *given[1:])


def test_a_broken_model_is_left_alone_then_taken_back(folder: Path) -> None:
    """Three batches in vain open the breaker; half open it is tried on golden rows, no event is risked."""
    bench = Bench(folder, "good", "old")
    champion = bench.chain.champion
    assert champion is not None
    model = Broken(Session(champion.bundle.onnx, champion.bundle.contract))
    champion._worker = Worker(model, reopen=lambda: model)
    for _ in range(3):
        assert bench.ask(rows(4)) == [("fallback", "model_error")] * 4
    runs = model.runs
    assert bench.ask(rows(4)) == [("fallback", "breaker_open")] * 4
    assert model.runs == runs
    bench.now = 10
    assert bench.ask(rows(4)) == [("fallback", "breaker_open")] * 4
    assert model.runs == runs + 1
    model.is_broken = False
    assert bench.ask(rows(4)) == [("fallback", "breaker_open")] * 4
    bench.now = 40
    assert bench.ask(rows(4)) == [SCORED] * 4


def contract(**more: Any) -> Contract:
    """A contract like the bundles'."""
    return read_contract(contract_text(**more))


def changed(place: int, **more: Any) -> tuple[dict[str, Any], ...]:
    """The features with one of them changed."""
    return (*FEATURES[:place], FEATURES[place] | more, *FEATURES[place + 1 :])


@pytest.mark.parametrize(
    ("fallback", "why"),
    [
        ({"model": "other"}, "found model other, expected tiny"),
        ({"task": "regression"}, "found task regression"),
        ({"features": changed(0, name="price")}, "found feature price"),
        ({"features": changed(0, type="int", range=[0, 5])}, r"found feature amount \(int\)"),
        ({"features": changed(3, categories=["AA", "UA", "DL"])}, "found feature carrier"),
        ({"features": changed(4, nullable=False)}, "found feature wind"),
        ({"features": changed(0, range=[0.0, 1.0])}, "found feature amount"),
    ],
)
def test_a_fallback_that_does_not_fit_is_refused(fallback: dict[str, Any], why: str) -> None:
    """At the start, by name, not when it is needed."""
    with pytest.raises(BundleRefused, match=why):
        places_in(contract(), contract(**fallback))


@pytest.mark.parametrize(
    ("place", "policy"),
    [(0, "missing"), (0, "null_value"), (0, "not_finite"), (0, "wrong_type"), (0, "out_of_range"), (3, "unseen")],
)
def test_a_fallback_takes_what_the_contract_lets_through(place: int, policy: str) -> None:
    """A value passed on for the champion reaches the fallback too, which must have said that it may."""
    passing = contract(features=changed(place, policies={policy: "pass"}))
    with pytest.raises(BundleRefused, match="found feature"):
        places_in(passing, contract())
    theirs = "missing" if policy in ("null_value", "not_finite", "wrong_type") else policy
    assert len(places_in(passing, contract(features=changed(place, policies={theirs: "pass"})))) == len(FEATURES)


def test_the_first_columns_alone_are_cut_out_too(folder: Path, tmp_path: Path) -> None:
    """A fallback of the champion's first features is not given all of them."""
    make_bundle(tmp_path / "first", version="0", features=FEATURES[:-1])
    (tmp_path / "poison").symlink_to(folder / "poison")
    assert Bench(tmp_path, "poison", "first").ask(rows(2, (1,))) == [SCORED, ("fallback", "model_error")]


class Slow:
    """A session that takes so long a row, stopped by the brake between two rows."""

    def __init__(self, session: Session) -> None:
        self.session, self.seconds = session, 0.01

    def answers(self, matrix: NDArray[np.float32], brake: Brake | None = None) -> NDArray[np.float64]:
        """Wait, then do as the session does."""
        for _ in range(len(matrix)):
            time.sleep(self.seconds)
            if brake is not None and brake.options.terminate:
                raise ModelFault("stopped")
        return self.session.answers(matrix, brake)


def test_a_model_too_slow_for_most_of_a_batch_is_left_alone(folder: Path) -> None:
    """Although golden rows are quick enough, and some rows of each batch come out."""
    bench = Bench(folder, "good", "old")
    champion = bench.chain.champion
    assert champion is not None
    model = Slow(Session(champion.bundle.onnx, champion.bundle.contract))
    champion._worker = Worker(model, reopen=lambda: model)
    for _ in range(3):
        bench.ask(rows(400))
    assert champion.breaker.state() == "open"
    model.seconds, bench.now = 0.0, 10
    assert bench.ask(rows(400)) == [SCORED] * 400


def test_a_fallback_may_take_fewer_features_in_another_order() -> None:
    """It is given its own columns."""
    assert places_in(contract(), contract(features=FEATURES[:1:-1])).tolist() == [4, 3, 2]


def test_the_multiclass_prior_is_a_class_without_scores(tmp_path: Path) -> None:
    """A decision alone: nobody said how likely the others are."""
    make_bundle(tmp_path / "multi", task="multiclass", prior=CLASSES[2])
    bench = Bench(tmp_path, "multi")
    champion = bench.chain.champion
    assert champion is not None
    champion.breaker.trip("for the test")
    served = bench.chain.answer(rows(2))
    assert [MODES[mode] for mode in served.modes.tolist()] == ["prior", "prior"]
    assert served.decisions.tolist() == [2, 2]
    assert np.isnan(served.scores).all()


def test_a_fallback_that_takes_the_same_features_in_another_order_gets_them_in_its_own(folder: Path) -> None:
    """As many columns as the champion has, and each is another one."""
    make_bundle(folder / "turned", version="turned", features=FEATURES[::-1])
    matrix = np.random.default_rng(3).normal(size=(20, WIDTH)).astype(np.float32)
    turned = Bench(folder, "good").link(folder, "turned")
    assert turned is not None
    own = load_bundle(folder / "turned")
    expected = Session(own.onnx, own.contract).score(np.ascontiguousarray(matrix[:, ::-1]))
    np.testing.assert_array_equal(turned.ask(matrix).scores, expected)
