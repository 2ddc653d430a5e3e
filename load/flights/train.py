"""Trains the flights model on January and February 2013 and builds its bundle."""

import argparse
from datetime import date
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import onnx
import onnxmltools
from numpy.typing import NDArray
from onnxmltools.convert.common.data_types import FloatTensorType
from sklearn.metrics import log_loss, roc_auc_score

from load.flights.table import read_flights
from models.build import build_bundle
from models.contract import Contract, load_contract
from models.reference import Reference, reference_from

HERE = Path(__file__).parent
CONTRACT = HERE / "contract.yaml"
TRAINED = (date(2013, 1, 1), date(2013, 2, 14))
# The blizzard of 8-9 February, when half of the flights never got a label, lies before the held-out days.
HELD_OUT = (date(2013, 2, 15), date(2013, 2, 28))
OPSET = 15
SETTINGS: dict[str, Any] = {
    "objective": "binary",
    "num_leaves": 31,
    "learning_rate": 0.1,
    "num_threads": 1,
    "seed": 2013,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
TREES = 100

Scores = NDArray[np.float64]


def fit(rows: Reference) -> lightgbm.Booster:
    """A gradient-boosted model of P(late) from the labelled ones of `rows`; equal rows, equal model."""
    known = ~np.isnan(_labels(rows))
    data = lightgbm.Dataset(rows.inputs[known].astype(np.float64), label=_labels(rows)[known])
    return in_float32(lightgbm.train(SETTINGS, data, num_boost_round=TREES))


def in_float32(model: lightgbm.Booster) -> lightgbm.Booster:
    """`model` with each threshold rounded down to a float32, which changes no answer to a float32 input.

    ONNX keeps thresholds as the nearest float32; unrounded, 12 flights of the year fell on the other side of
    one, and their scores differed by up to .10.
    """
    lines = model.model_to_string().split("\n")
    # Sizes of the trees' texts, which no longer hold; without them the text is read in order.
    kept = (line for line in lines if not line.startswith("tree_sizes="))
    return lightgbm.Booster(model_str="\n".join(map(_rounded_down, kept)))


def _rounded_down(line: str) -> str:
    name, sign, values = line.partition("=")
    if name != "threshold":
        return line
    exact = np.array(values.split(), dtype=np.float64)
    near = exact.astype(np.float32)
    down = np.where(near > exact, np.nextafter(near, np.float32(-np.inf)), near)
    return name + sign + " ".join(f"{value:.17g}" for value in down)


def to_onnx(model: lightgbm.Booster, contract: Contract) -> bytes:
    """`model` as ONNX: one float32 input (n, F), and the one output `probabilities` (n, 2)."""
    width = len(contract.features)
    converted = onnxmltools.convert_lightgbm(
        model,
        name=contract.model,  # else a random one, and the bytes would never come out equal
        initial_types=[("features", FloatTensorType([None, width]))],
        zipmap=False,
        target_opset=OPSET,
    )
    (scores,) = (output for output in converted.graph.output if output.name == contract.outputs.score)
    # onnxmltools declares one row, which is not what the model gives; nobody asks for its labels.
    shape = scores.type.tensor_type.shape
    del shape.dim[:]
    shape.dim.add().dim_param = "rows"
    shape.dim.add().dim_value = 2
    del converted.graph.output[:]
    converted.graph.output.append(scores)
    # They come out of a set, in any order.
    converted.opset_import.sort(key=lambda one: one.domain)
    onnx.checker.check_model(converted)
    return bytes(converted.SerializeToString())


def measure(model: lightgbm.Booster, rows: Reference, name: str) -> dict[str, float]:
    """Area under the ROC curve and log loss of `model` on the labelled ones of `rows`, by metric name."""
    known = ~np.isnan(_labels(rows))
    truth, scores = _labels(rows)[known], _scores(model, rows.inputs[known])
    return {
        f"{name}_rows": float(known.sum()),
        f"{name}_auc": float(roc_auc_score(truth, scores)),
        f"{name}_log_loss": float(log_loss(truth, scores)),
    }


def _scores(model: lightgbm.Booster, inputs: NDArray[np.float32]) -> Scores:
    return np.asarray(model.predict(inputs.astype(np.float64), num_threads=1), dtype=np.float64)


def _labels(rows: Reference) -> Scores:
    if rows.labels is None:
        raise ValueError("found no labels, expected the column late; derive the data again")
    return rows.labels


def main() -> None:
    """Train, measure and build the bundle at the path named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "bundle")
    asked = parser.parse_args()
    contract = load_contract(CONTRACT)
    trained = reference_from(read_flights(*TRAINED), contract, labels=contract.label.field)
    held_out = reference_from(read_flights(*HELD_OUT), contract, labels=contract.label.field)
    model = fit(trained)
    metrics = measure(model, trained, "train") | measure(model, held_out, "held_out")
    bundle = build_bundle(
        onnx=to_onnx(model, contract),
        contract=contract,
        contract_text=CONTRACT.read_text(encoding="utf-8"),
        reference=held_out,
        out=asked.out,
        metrics=metrics,
    )
    for name, value in sorted(bundle.manifest.metrics.items()):
        print(f"{name:22} {value:.4f}")  # noqa: T201 - the command's answer
    print(f"{asked.out}: {bundle.digest}")  # noqa: T201 - the command's answer


if __name__ == "__main__":
    main()
