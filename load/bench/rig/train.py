"""Makes the models of the benchmarks: `.venv-train/bin/python -m load.bench.rig.train` writes them anew."""

from itertools import pairwise

import lightgbm
import numpy as np
import onnx
import onnxmltools
from onnxmltools.convert.common.data_types import FloatTensorType
from skl2onnx import to_onnx
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from load.bench.images.events import CLASSES, PIXELS
from load.bench.rig.bundles import MODELS
from load.bench.rig.events import FEATURES, SEED
from load.bench.rig.truth import rows

OPSET = 15
LAYERS, TREES, LEAVES = (64, 32), 100, 31
WIDTHS = (10, 100, 300)
HIDDEN, IR = (32, 32, 32), 8
FLIGHT = 13
"""Inputs of a flight, load/flights/contract.yaml."""
SCORE = "score"


def positive(model: onnx.ModelProto, name: str) -> bytes:
    """`model` with the one output `score` (n, 1), the chance of the second class."""
    graph = model.graph
    column = onnx.numpy_helper.from_array(np.array([1], dtype=np.int64), "second")
    graph.initializer.append(column)
    graph.node.append(onnx.helper.make_node("Gather", [name, "second"], [SCORE], axis=1))
    return finished(model)


def finished(model: onnx.ModelProto) -> bytes:
    """`model`, a node of which makes `score` (n, 1), with that as its one output."""
    graph = model.graph
    del graph.output[:]
    graph.output.append(onnx.helper.make_tensor_value_info(SCORE, onnx.TensorProto.FLOAT, ["rows", 1]))
    model.opset_import.sort(key=lambda one: one.domain)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def crayfish() -> bytes:
    """Crayfish's network, 28 thousand seeded parameters; nobody trained it, for only its work is measured."""
    chance, nodes, constants = np.random.default_rng(SEED), [], []
    sizes, name = (PIXELS, *HIDDEN, CLASSES), "pixels"
    for layer, (wide, narrow) in enumerate(pairwise(sizes)):
        weights = chance.normal(0.0, (2 / wide) ** 0.5, (wide, narrow)).astype(np.float32)
        constants.append(onnx.numpy_helper.from_array(weights, f"w{layer}"))
        constants.append(onnx.numpy_helper.from_array(np.zeros(narrow, np.float32), f"b{layer}"))
        last = layer == len(sizes) - 2
        nodes.append(onnx.helper.make_node("Gemm", [name, f"w{layer}", f"b{layer}"], [f"sum{layer}"]))
        name = SCORE if last else f"out{layer}"
        nodes.append(onnx.helper.make_node("Softmax" if last else "Relu", [f"sum{layer}"], [name]))
    given = onnx.helper.make_tensor_value_info("pixels", onnx.TensorProto.FLOAT, ["rows", PIXELS])
    found = onnx.helper.make_tensor_value_info(SCORE, onnx.TensorProto.FLOAT, ["rows", CLASSES])
    graph = onnx.helper.make_graph(nodes, "crayfish", [given], [found], constants)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", OPSET)], ir_version=IR)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def whole(model: onnx.ModelProto) -> onnx.ModelProto:
    """`model` that takes what is missing for nothing, as the trees of the flights do by themselves."""
    graph, said = model.graph, model.graph.input[0].name
    graph.initializer.append(onnx.numpy_helper.from_array(np.array(0, dtype=np.float32), "nothing"))
    for node in graph.node:
        node.input[:] = ["there" if name == said else name for name in node.input]
    filled = onnx.helper.make_node("Where", ["missing", "nothing", said], ["there"])
    graph.node.insert(0, filled)
    graph.node.insert(0, onnx.helper.make_node("IsNaN", [said], ["missing"]))
    return model


def network(features: int) -> onnx.ModelProto:
    """The network for so many inputs, trained for a short while."""
    inputs, truth = rows(features)
    found = MLPClassifier(LAYERS, random_state=SEED, max_iter=5).fit(inputs, truth)
    return to_onnx(found, inputs[:1], options={"zipmap": False}, target_opset=OPSET)


def grown() -> lightgbm.Booster:
    """The trees, which grow the same each time."""
    inputs, truth = rows()
    settings = {"objective": "binary", "num_leaves": LEAVES, "num_threads": 1, "seed": SEED, "verbosity": -1}
    return lightgbm.train(settings, lightgbm.Dataset(inputs, label=truth), num_boost_round=TREES)


def main() -> None:
    """Train and write all three, and the network for other widths and for flights."""
    inputs, truth = rows()
    options = {"zipmap": False}
    shaped = [("features", FloatTensorType([None, FEATURES]))]
    plain = {
        "logistic": LogisticRegression(max_iter=500),
        "mlp": MLPClassifier(LAYERS, random_state=SEED, max_iter=20, early_stopping=True),
    }
    for name, kind in plain.items():
        model = to_onnx(kind.fit(inputs, truth), inputs[:1], options=options, target_opset=OPSET)
        (MODELS / f"{name}.onnx").write_bytes(positive(model, "probabilities"))
    for width in WIDTHS:
        (MODELS / f"mlp-{width}.onnx").write_bytes(positive(network(width), "probabilities"))
    (MODELS / "mlp-flights.onnx").write_bytes(positive(whole(network(FLIGHT)), "probabilities"))
    made = onnxmltools.convert_lightgbm(grown(), "bench", shaped, zipmap=False, target_opset=OPSET)
    (MODELS / "lightgbm.onnx").write_bytes(positive(made, "probabilities"))
    (MODELS / "crayfish.onnx").write_bytes(crayfish())


if __name__ == "__main__":
    main()
