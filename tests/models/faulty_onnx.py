"""Models that are sound on the reference but fail on a row whose first feature is above 50, each in its own way."""

from collections.abc import Sequence

import numpy as np
from onnx import TensorProto, helper, numpy_helper

LIMIT = 50.0
OPSET, IR = 17, 8


def poison(width: int) -> bytes:
    """Raises for the whole batch when it holds such a row: the row picks an element that is not there."""
    nodes = [
        helper.make_node("Cast", ["high"], ["high_number"], to=TensorProto.INT64),
        helper.make_node("Mul", ["high_number", "far"], ["place"]),
        helper.make_node("Gather", ["table", "place"], ["picked"]),
        helper.make_node("Add", ["p", "picked"], ["score"]),
    ]
    return _model(width, nodes, {"far": np.array([1000], np.int64), "table": np.zeros(1, np.float32)})


def rooted(width: int) -> bytes:
    """Answers such a row with NaN: a root of what is below zero."""
    nodes = [
        helper.make_node("Sub", ["limit", "head"], ["room"]),
        helper.make_node("Sqrt", ["room"], ["root"]),
        helper.make_node("Mul", ["root", "zero"], ["nothing"]),
        helper.make_node("Add", ["p", "nothing"], ["score"]),
    ]
    return _model(width, nodes, {})


def endless(width: int) -> bytes:
    """Never returns from a batch that holds such a row: a loop of 2^60 rounds, one for every other batch."""
    body = helper.make_graph(
        [helper.make_node("Identity", ["on"], ["still_on"]), helper.make_node("Identity", ["value"], ["same"])],
        "body",
        [
            helper.make_tensor_value_info("round", TensorProto.INT64, []),
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("value", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("still_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("same", TensorProto.FLOAT, None),
        ],
    )
    nodes = [
        helper.make_node("Cast", ["high"], ["high_number"], to=TensorProto.INT64),
        helper.make_node("ReduceMax", ["high_number"], ["worst"], keepdims=0),
        helper.make_node("Mul", ["worst", "far"], ["rounds"]),
        helper.make_node("Loop", ["rounds", "yes", "p"], ["score"], body=body),
    ]
    return _model(width, nodes, {"far": np.array(1 << 60, np.int64), "yes": np.array(1, np.bool_)})


def broken(width: int) -> bytes:
    """Raises for every batch once `limit` is below what the reference holds: sound at no time."""
    return poison(width).replace(np.float32(LIMIT).tobytes(), np.float32(-1e9).tobytes())


def _model(width: int, tail: Sequence[object], constants: dict[str, np.ndarray]) -> bytes:
    """A model whose `p` (n, 1) is a sigmoid of the first feature, `head` (n, 1) that feature, `high` (n, 1) > 50."""
    first = np.zeros((width, 1), np.float32)
    first[0] = 1.0
    known = {"first": first, "limit": np.array([LIMIT], np.float32), "zero": np.zeros(1, np.float32), **constants}
    nodes = [
        helper.make_node("IsNaN", ["x"], ["lost"]),
        helper.make_node("Where", ["lost", "zero", "x"], ["seen"]),
        helper.make_node("MatMul", ["seen", "first"], ["head"]),
        helper.make_node("Sigmoid", ["head"], ["p"]),
        helper.make_node("Greater", ["head", "limit"], ["high"]),
        *tail,
    ]
    graph = helper.make_graph(
        nodes,
        "faulty",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", width])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n", 1])],
        [numpy_helper.from_array(value, name) for name, value in known.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
    return bytes(made.SerializeToString())
