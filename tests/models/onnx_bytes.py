"""Tiny ONNX models, written byte by byte as protobuf, so that tests need no converter."""

import struct
from collections.abc import Mapping, Sequence

FLOAT, INT64, BOOL, DOUBLE = 1, 7, 9, 11
NO_GRAPHS: Mapping[str, bytes] = {}
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
    nodes: Sequence[bytes],
    constants: Sequence[bytes],
    *,
    width: int,
    columns: int,
    output_type: int = FLOAT,
    input_type: int = FLOAT,
    functions: Sequence[bytes] = (),
    inputs: Sequence[bytes] = (),
) -> bytes:
    """A ModelProto with input `x` (any n, width) and output `score` (any n, columns); `zero` is at hand.

    `inputs` come on top of `x`; each of `functions` belongs to the domain `local`.
    """
    held = graph(
        nodes,
        [*constants, tensor("zero", [[0.0]])],
        inputs=[value("x", width, kind=input_type), *inputs],
        outputs=[value("score", columns, kind=output_type)],
    )
    domains = b"".join(_bytes(8, _bytes(1, name) + _varint(2, 1)) for name in ((b"local",) if functions else ()))
    own = b"".join(_bytes(25, part) for part in functions)
    return _varint(1, 8) + _bytes(7, held) + _bytes(8, _bytes(1, b"") + _varint(2, 17)) + domains + own


def graph(
    nodes: Sequence[bytes], constants: Sequence[bytes], *, inputs: Sequence[bytes], outputs: Sequence[bytes]
) -> bytes:
    """A GraphProto."""
    held = b"".join(_bytes(1, part) for part in nodes) + _bytes(2, b"tiny")
    held += b"".join(_bytes(5, part) for part in constants)
    return held + b"".join(_bytes(11, part) for part in inputs) + b"".join(_bytes(12, part) for part in outputs)


def function(name: str, nodes: Sequence[bytes]) -> bytes:
    """A FunctionProto `local.name` from `x` to `y`."""
    opset = _bytes(9, _bytes(1, b"") + _varint(2, 17)) + _bytes(9, _bytes(1, b"local") + _varint(2, 1))
    held = b"".join(_bytes(7, part) for part in nodes)
    return _bytes(1, name.encode()) + _bytes(4, b"x") + _bytes(5, b"y") + held + opset + _bytes(10, b"local")


def node(
    operator: str,
    inputs: Sequence[str],
    outputs: Sequence[str],
    *,
    domain: str = "",
    graphs: Mapping[str, bytes] = NO_GRAPHS,
    tensors: Mapping[str, bytes] = NO_GRAPHS,
    **integers: int,
) -> bytes:
    """A NodeProto with integer attributes, and graphs and tensors by name."""
    wires = b"".join(_bytes(1, name.encode()) for name in inputs) + b"".join(
        _bytes(2, name.encode()) for name in outputs
    )
    attributes = [_bytes(1, name.encode()) + _varint(3, number) + _varint(20, 2) for name, number in integers.items()]
    attributes += [_bytes(1, name.encode()) + _bytes(5, held) + _varint(20, 4) for name, held in tensors.items()]
    attributes += [_bytes(1, name.encode()) + _bytes(6, held) + _varint(20, 5) for name, held in graphs.items()]
    named = _bytes(7, domain.encode()) if domain else b""
    return wires + _bytes(4, operator.encode()) + b"".join(_bytes(5, part) for part in attributes) + named


def tensor(name: str, rows: Matrix) -> bytes:
    """A float32 TensorProto of `rows`."""
    shape = _varint(1, len(rows)) + _varint(1, len(rows[0]))
    flat = [value for row in rows for value in row]
    return shape + _varint(2, FLOAT) + _bytes(8, name.encode()) + _bytes(9, struct.pack(f"<{len(flat)}f", *flat))


def integers(name: str, numbers: Sequence[int], *, scalar: bool = False) -> bytes:
    """An int64 TensorProto of one dimension, or of none."""
    shape = b"" if scalar else _varint(1, len(numbers))
    return shape + _varint(2, INT64) + _bytes(8, name.encode()) + _bytes(9, struct.pack(f"<{len(numbers)}q", *numbers))


def claimed(name: str, dims: Sequence[int]) -> bytes:
    """A float32 TensorProto that says it has the shape `dims` and holds four bytes."""
    return (
        b"".join(_varint(1, dim) for dim in dims) + _varint(2, FLOAT) + _bytes(8, name.encode()) + _bytes(9, bytes(4))
    )


def elsewhere(name: str, rows: int, location: str) -> bytes:
    """A float32 TensorProto (rows, 1) whose values are in the file `location`."""
    entry = _bytes(1, b"location") + _bytes(2, location.encode())
    return (
        _varint(1, rows)
        + _varint(1, 1)
        + _varint(2, FLOAT)
        + _bytes(8, name.encode())
        + _bytes(13, entry)
        + _varint(14, 1)
    )


def value(name: str, *columns: int, kind: int = FLOAT, rows: bool = True) -> bytes:
    """A ValueInfoProto of element type `kind` with any number of rows, or with the dimensions `columns` alone."""
    shape = (_bytes(1, _bytes(2, b"n")) if rows else b"") + b"".join(_bytes(1, _varint(1, size)) for size in columns)
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, _varint(1, kind) + _bytes(2, shape)))


def _varint(field: int, value: int) -> bytes:
    return _number(field << 3 | VARINT) + _number(value)


def _bytes(field: int, content: bytes) -> bytes:
    return _number(field << 3 | LENGTH) + _number(len(content)) + content


def _number(number: int) -> bytes:
    found = bytearray()
    number %= 1 << 64  # a negative number is its two's complement
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])
