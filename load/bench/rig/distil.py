"""Teaches a network the scores of the trees: `.venv-train/bin/python -m load.bench.rig.distil` writes it anew."""

import time
import warnings

import numpy as np
import onnx
from numpy.typing import NDArray
from skl2onnx import to_onnx
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from load.bench.race import say
from load.bench.rig.bundles import MODELS, contract_text
from load.bench.rig.events import SEED, matrix
from load.bench.rig.train import LAYERS, OPSET, SCORE, finished
from models.contract import read_contract
from models.session import Session

TEACHER, PUPIL = "lightgbm", "lightgbm-distilled"
FIRST, ROWS, EPOCHS, TOGETHER, STEP = 4_000_000_000, 200_000, 20, 500, 3e-3
"""Rows nobody else sees, of which no truth is needed; how often each is learned from, how many at once, how fast."""
SURE = 1e-6


def margins(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a logistic function made these scores of: a network learns it more evenly than the scores."""
    inside = scores.clip(SURE, 1 - SURE)
    return np.asarray(np.log(inside / (1 - inside)))


def scored(model: onnx.ModelProto) -> bytes:
    """`model`, which gives margins, with the one output `score` (n, 1)."""
    model.graph.node.append(onnx.helper.make_node("Sigmoid", [model.graph.output[0].name], [SCORE]))
    return finished(model)


def main() -> None:
    """Ask the trees, learn, write."""
    begun, inputs = time.perf_counter(), matrix(FIRST, ROWS)
    teacher = Session((MODELS / f"{TEACHER}.onnx").read_bytes(), read_contract(contract_text()))
    pupil = MLPRegressor(
        hidden_layer_sizes=LAYERS, random_state=SEED, max_iter=EPOCHS, batch_size=TOGETHER, learning_rate_init=STEP
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        pupil.fit(inputs, margins(teacher.score(inputs)[:, 0]))
    (MODELS / f"{PUPIL}.onnx").write_bytes(scored(to_onnx(pupil, inputs[:1], target_opset=OPSET)))
    say(f"{PUPIL}: learned from {ROWS:,} scores in {time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
