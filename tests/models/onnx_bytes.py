"""Tiny ONNX models, written byte by byte as protobuf, so that tests need no converter."""

import struct
from collections.abc import Sequence

FLOAT = 1
VARINT, LENGTH = 0, 2
Matrix = Sequence[Sequence[float]]


def logistic(
    weights: Sequence[float],
    bias: float,
    *,
    width: int | None = None,
    nan_safe: bool = False,
    columns: int = 1,
) -> bytes:
    """P(positive) = sigmoid(x·weights + bias), output `score` (n, 1), or (n, 2) with the negative's first.

    `width` is the declared width (default: the weights' own); `nan_safe` reads a missing value as 0,
    else NaN comes out of NaN.
    """
    nodes = [
        *_affine("logit", nan_safe=nan_safe),
        node("Sigmoid", ["logit"], ["p"] if columns > 1 else ["score"]),
    ]
    constants = [tensor("w", [[weight] for weight in weights]), tensor("b", [[bias]])]
    if columns > 1:
        nodes += [node("Sub", ["one", "p"], ["q"]), node("Concat", ["q", "p"], ["score"], axis=1)]
        constants.append(tensor("one", [[1.0]]))
    return model([*nodes], constants, width=width or len(weights), columns=columns)


def softmax(weights: Matrix, *, nan_safe: bool = False) -> bytes:
    """One probability a class, output `score` (n, k), for `weights` (k, F)."""
    nodes = [*_affine("logit", nan_safe=nan_safe), node("Softmax", ["logit"], ["score"], axis=1)]
    turned = list(zip(*weights, strict=True))
    constants = [tensor("w", turned), tensor("b", [[0.0] * len(weights)])]
    return model(nodes, constants, width=len(turned), columns=len(weights))


def linear(weights: Sequence[float], bias: float, *, nan_safe: bool = False) -> bytes:
    """The value x·weights + bias, output `score` (n, 1)."""
    constants = [tensor("w", [[weight] for weight in weights]), tensor("b", [[bias]])]
    return model(_affine("score", nan_safe=nan_safe), constants, width=len(weights), columns=1)


def _affine(output: str, *, nan_safe: bool) -> list[bytes]:
    """x·w + b; with `nan_safe` every NaN in x is 0 first."""
    clean = [node("IsNaN", ["x"], ["lost"]), node("Where", ["lost", "zero", "x"], ["seen"])] if nan_safe else []
    return [
        *clean,
        node("MatMul", ["seen" if nan_safe else "x", "w"], ["xw"]),
        node("Add", ["xw", "b"], [output]),
    ]


def model(
    nodes: Sequence[bytes], constants: Sequence[bytes], *, width: int, columns: int, output_type: int = FLOAT
) -> bytes:
    """A ModelProto with input `x` (any n, width) and output `score` (any n, columns); `zero` is at hand."""
    graph = b"".join(_bytes(1, part) for part in nodes) + _bytes(2, b"tiny")
    graph += b"".join(_bytes(5, part) for part in [*constants, tensor("zero", [[0.0]])])
    graph += _bytes(11, _value("x", width)) + _bytes(12, _value("score", columns, kind=output_type))
    return _varint(1, 8) + _bytes(7, graph) + _bytes(8, _bytes(1, b"") + _varint(2, 17))


def node(operator: str, inputs: Sequence[str], outputs: Sequence[str], **integers: int) -> bytes:
    """A NodeProto with integer attributes."""
    wires = b"".join(_bytes(1, name.encode()) for name in inputs) + b"".join(
        _bytes(2, name.encode()) for name in outputs
    )
    attributes = b"".join(
        _bytes(5, _bytes(1, name.encode()) + _varint(3, value) + _varint(20, 2)) for name, value in integers.items()
    )
    return wires + _bytes(4, operator.encode()) + attributes


def tensor(name: str, rows: Matrix) -> bytes:
    """A float32 TensorProto of `rows`."""
    shape = _varint(1, len(rows)) + _varint(1, len(rows[0]))
    flat = [value for row in rows for value in row]
    return shape + _varint(2, FLOAT) + _bytes(8, name.encode()) + _bytes(9, struct.pack(f"<{len(flat)}f", *flat))


def _value(name: str, columns: int, *, kind: int = FLOAT) -> bytes:
    """A ValueInfoProto of element type `kind` with any number of rows."""
    shape = _bytes(1, _bytes(2, b"n")) + _bytes(1, _varint(1, columns))
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, _varint(1, kind) + _bytes(2, shape)))


def _varint(field: int, value: int) -> bytes:
    return _number(field << 3 | VARINT) + _number(value)


def _bytes(field: int, content: bytes) -> bytes:
    return _number(field << 3 | LENGTH) + _number(len(content)) + content


def _number(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])
