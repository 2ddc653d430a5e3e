"""The cost of the out-of-distribution verdict beside the cost of finding every value's bin."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from load.bench.race import heading, line, race, say
from models.baseline import Baseline
from models.contract import Contract
from models.fitting.outliers import fit_outliers
from models.fitting.survey import survey
from models.reference import reference_of

FEATURES, REFERENCE, CORRELATION = 32, 10_000, 0.8
MISSING_SHARE = 0.05
SIZES = (1, 64, 500, 4000)
REPEATS = 50


def rows(chance: np.random.Generator, count: int, *, missing: float = 0.0) -> NDArray[np.float32]:
    """Normal features, each pair of them as correlated as said, a share of their values missing."""
    shared, own = chance.normal(size=(count, 1)), chance.normal(size=(count, FEATURES))
    found = np.sqrt(CORRELATION) * shared + np.sqrt(1.0 - CORRELATION) * own
    found[chance.random(found.shape) < missing] = np.nan
    return np.asarray(found, dtype=np.float32)


def terms() -> Contract:
    """A contract of so many floats that may be missing."""
    features = [{"name": f"x{place}", "type": "float", "nullable": True} for place in range(FEATURES)]
    return Contract.model_validate(
        {
            "model": "ood", "version": "1", "owner": {"team": "bench"}, "task": "binary", "features": features,
            "outputs": {"score": "score"}, "label": {"field": "late", "horizon": "36h"},
        }
    )  # fmt: skip


def baseline_of(matrix: NDArray[np.float32], contract: Contract) -> Baseline:
    """The baseline of `matrix`, its scores all alike."""
    reference = reference_of(contract, matrix=matrix, times=np.arange(len(matrix)))
    return survey(reference, np.full((len(matrix), 1), 0.5), contract)


def main() -> None:
    """Race both at each size, over whole rows and over rows with gaps."""
    chance, contract = np.random.default_rng(1), terms()
    seen = rows(chance, REFERENCE)
    detector, baseline = fit_outliers(seen, contract), baseline_of(seen, contract)
    if detector is None:
        raise SystemExit("found no detector, expected one: run the tests of models")
    say(f"{FEATURES} features, {detector.rows} reference rows")
    say(heading("ood.judge", "baseline.bins"))
    for name, missing in (("whole", 0.0), ("5 % missing", MISSING_SHARE)):
        for size in SIZES:
            matrix = rows(chance, size, missing=missing)
            laps = race(partial(detector.judge, matrix), partial(baseline.bins, matrix), rows=size, repeats=REPEATS)
            say(line(f"{size} at once, {name}", *laps))


if __name__ == "__main__":
    main()
