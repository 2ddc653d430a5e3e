"""The committed bundle is the one that the vendored flights and the contract beside it make."""

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from load.flights.replay import CONTRACT
from load.flights.table import read_flights
from models.bundle import Bundle, load_bundle
from models.contract import Contract
from models.fitting.outliers import fit_outliers
from models.golden import spread
from models.reference import Reference, reference_from
from models.session import Session

BUNDLE = Path(CONTRACT).parent / "bundle"


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    """The bundle of the demo."""
    return load_bundle(BUNDLE)


@pytest.fixture(scope="module")
def held_out(contract: Contract) -> Reference:
    """The days after the blizzard that the model was not trained on."""
    return reference_from(read_flights(date(2013, 2, 15), date(2013, 2, 28)), contract, labels="late")


def test_the_golden_rows_come_out_of_the_vendored_flights(bundle: Bundle, held_out: Reference) -> None:
    """From the parquet file through ONNX Runtime to the golden scores."""
    rows = held_out.inputs[spread(len(held_out.times))]
    np.testing.assert_array_equal(rows, bundle.golden.matrix)
    scores = Session(bundle.onnx, bundle.contract).score(rows)
    np.testing.assert_allclose(scores, bundle.golden.scores, rtol=0, atol=1e-6)


def test_the_contract_in_the_bundle_is_the_one_beside_it(bundle: Bundle) -> None:
    """A changed contract needs `make train`."""
    assert (BUNDLE / "contract.yaml").read_bytes() == CONTRACT.read_bytes()
    assert bundle.contract.model == "flights"


def test_the_baseline_is_held_out_and_has_no_blizzard(bundle: Bundle) -> None:
    """Its first event is of 15 February, its last of 28 February, New York time."""
    span = bundle.manifest.reference
    first, last = (datetime.fromtimestamp(at / 1e6, tz=UTC) for at in (span.first_micros, span.last_micros))
    assert first.date() == date(2013, 2, 15)
    assert last < datetime(2013, 3, 1, 5, 15, tzinfo=UTC)
    assert (span.rows, span.left_out) == (12_729, 0)


def test_the_detector_of_strange_rows_comes_out_of_the_same_days(bundle: Bundle, held_out: Reference) -> None:
    """Fitted again, number by number."""
    assert fit_outliers(held_out.matrix, bundle.contract) == bundle.ood


def test_the_manifest_holds_the_metrics_of_the_split(bundle: Bundle) -> None:
    """Training and held-out figures stand side by side, and the held-out ones are what the model earns."""
    metrics = bundle.manifest.metrics
    assert metrics["train_rows"] + metrics["held_out_rows"] == 51_955 - 1_946
    assert metrics["held_out_auc"] == pytest.approx(0.889, abs=0.002)
    assert metrics["held_out_auc"] == pytest.approx(metrics["reference_auc"], abs=1e-4)
    assert metrics["held_out_auc"] < metrics["train_auc"]


def test_the_model_scores_a_flight_of_which_only_the_clock_is_known(bundle: Bundle, held_out: Reference) -> None:
    """Missing weather and an airport never seen still give a probability."""
    rows = held_out.inputs[:8].copy()
    names = list(bundle.contract.feature_names)
    rows[:, [names.index(name) for name in ("temp", "wind_speed", "precip", "pressure", "visib")]] = np.nan
    rows[:, names.index("dest")] = -1.0
    scores = Session(bundle.onnx, bundle.contract).score(rows)
    assert ((scores > 0) & (scores < 1)).all()
