"""What estimates of several classes are worth, in SEEDS (10) worlds: how far off F1, accuracy, the confusion are."""

import os
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import yaml
from numpy.typing import NDArray
from scipy.special import softmax

from load.bench.race import say
from models.calibrator import Calibrator, among_classes
from models.contract import Contract, read_contract
from models.figures import multiclass
from models.fitting.isotonic import fit_calibrator

SEEDS = int(os.environ.get("SEEDS") or 10)
REFERENCE_ROWS, WINDOWS, ROWS = 20_000, 10, 2_000
CLASSES, FEATURES = ("a", "b", "c"), 6
SHIFTS = (0.0, 1.0, 2.0)
"""Of a feature's mean, in standard deviations."""
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MODELS: Mapping[str, Callable[[Floats], Floats]] = {
    "as sure as it is right": lambda logits: logits,
    "too sure": lambda logits: 1.8 * logits,
    "not sure enough": lambda logits: 0.5 * logits,
    "fond of one class": lambda logits: logits + np.array([0.8, 0.0, -0.8]),
}


class Off(NamedTuple):
    """A window: estimated less realised F1 and accuracy, the largest difference of a cell as a share of the rows."""

    f1: float
    accuracy: float
    cell: float


class World:
    """Features that say which class is likely, and a model that has learnt it nearly."""

    def __init__(self, seed: int, model: str) -> None:
        self._chance, self._bends = np.random.default_rng(seed), MODELS[model]
        self._true = self._chance.normal(size=(FEATURES, len(CLASSES))) * 0.9
        self._learnt = self._true + self._chance.normal(size=self._true.shape) * 0.25

    def rows(self, count: int, shift: float = 0.0) -> tuple[Floats, Ints]:
        """Scores (n, k) and labels (n,) of the next rows."""
        seen = self._chance.normal(size=(count, FEATURES))
        seen[:, 0] += shift
        sums = softmax(seen @ self._true, axis=1).cumsum(axis=1)
        labels = (sums < self._chance.random((count, 1))).sum(axis=1)
        return softmax(self._bends(seen @ self._learnt), axis=1), np.minimum(labels, len(CLASSES) - 1)


def contract(*classes: str) -> Contract:
    """Of a task of these classes, or of a binary one; nobody scores by it."""
    said = {
        "model": "classes", "version": "1", "owner": {"team": "bench"}, "task": "multiclass" if classes else "binary",
        "features": [{"name": f"x{place}", "type": "float"} for place in range(FEATURES)],
        "outputs": {"score": "score", "classes": list(classes)}, "label": {"field": "class", "horizon": "1h"},
    }  # fmt: skip
    return read_contract(yaml.safe_dump(said))


def ours(scores: Floats, calibrator: Calibrator) -> Floats:
    """The chance of each class as a scorer tells it."""
    decisions = scores.argmax(axis=1)
    return among_classes(calibrator.estimate(scores, decisions), scores, decisions)


def one_a_class(scores: Floats, labels: Ints) -> Callable[[Floats], Floats]:
    """A curve a class of whether it is true, made to add up to 1: how NannyML goes about it."""
    terms, places = contract(), range(len(CLASSES))
    curves = [fit_calibrator(scores[:, [place]], (labels == place).astype(np.float64), terms) for place in places]

    def chances(found: Floats) -> Floats:
        each = np.stack([one.curve(found[:, place]) for place, one in enumerate(curves)], axis=1)
        return np.asarray(each / np.maximum(each.sum(axis=1, keepdims=True), np.finfo(float).tiny))

    return chances


def off(chances: Floats, decisions: Ints, labels: Ints) -> Off:
    """How far what chances let expect is from what labels say."""
    expected, found = (np.zeros((len(CLASSES), len(CLASSES))) for _ in range(2))
    np.add.at(expected, decisions, chances)
    np.add.at(found, (decisions, labels), 1.0)
    apart = (expected - found) / len(labels)
    return Off(multiclass(expected)["f1"] - multiclass(found)["f1"], float(np.trace(apart)), float(np.abs(apart).max()))


def lived(model: str, shift: float) -> tuple[list[Off], list[Off]]:
    """The windows of all worlds: ours, and a curve a class."""
    mine, others, terms = list[Off](), list[Off](), contract(*CLASSES)
    for seed in range(SEEDS):
        world = World(seed, model)
        scores, labels = world.rows(REFERENCE_ROWS)
        calibrator = fit_calibrator(scores, labels.astype(np.float64), terms)
        other = one_a_class(scores, labels)
        for _ in range(WINDOWS):
            scores, labels = world.rows(ROWS, shift)
            decisions = scores.argmax(axis=1)
            mine.append(off(ours(scores, calibrator), decisions, labels))
            others.append(off(other(scores), decisions, labels))
    return mine, others


def row(found: list[Off]) -> str:
    """As the table shows them: how far off they are at 95 of 100 windows."""
    return " ".join(f"{one:9.3f}" for one in np.quantile(np.abs(np.array(found)), 0.95, axis=0))


def main() -> None:
    """Print a row of each model and shift."""
    say(f"{SEEDS} worlds of {len(CLASSES)} classes, {WINDOWS} windows of {ROWS:,} rows: |off| at 95 of 100 windows")
    heads = f"{'F1':>9} {'accuracy':>9} {'cell':>9}"
    say(f"{'model':24} {'shift':>6} {heads}   a curve a class {heads}")
    for model in MODELS:
        for shift in SHIFTS:
            mine, others = lived(model, shift)
            say(f"{model:24} {shift:3.0f} sd {row(mine)}   {'':15} {row(others)}")


if __name__ == "__main__":
    main()
