"""Models nobody should serve, each with the words of its refusal: RELIABILITY §6.3 and what we found besides."""

from collections.abc import Sequence
from typing import NamedTuple

from tests.models.onnx_bytes import (
    BOOL,
    DOUBLE,
    INT64,
    claimed,
    elsewhere,
    function,
    graph,
    integers,
    linear,
    model,
    node,
    tensor,
    value,
)

WIDTH = 5
HUGE = 1 << 40
ENDLESS = 1 << 62
EYE = [[float(row == column) for column in range(WIDTH)] for row in range(WIDTH)]


class Hostile(NamedTuple):
    """A model (or what calls itself one), and what its refusal says, as a regular expression."""

    onnx: bytes
    cause: str


def hostile_models() -> dict[str, Hostile]:
    """The corpus, by name; every model would take the tiny contract's five features."""
    sound = linear([0.1] * WIDTH, 0.5, nan_safe=True)
    files = {
        "parent": "../x",
        "detour": "a/../../x",
        "absolute": "/tmp/x",  # noqa: S108 - a name in a hostile file
        "environment": "/proc/self/environ",
        "symbolic-link": "link",
        "hard-link": "hardlink",
        "beside": "weights.bin",
    }
    outside = {
        name: Hostile(_with(elsewhere("w", WIDTH, place)), f"'w' in external data '{place}'")
        for name, place in files.items()
    }
    return {
        **outside,
        "memory-address": Hostile(
            _with(elsewhere("w", WIDTH, "*/_ORT_MEM_ADDR_/*")), "'w' at a memory address, expected its values inside"
        ),
        "huge-dims": Hostile(_with(claimed("w", [HUGE, 1])), r"'w' of shape \[1099511627776, 1\], expected no more"),
        "negative-dims": Hostile(_with(claimed("w", [-4, 1])), r"tensor 'w' of shape \[-4, 1\], expected none below 0"),
        "garbage": Hostile(b"\xff" * 100, "found no ONNX model .*, expected a model onnxruntime can load"),
        "truncated": Hostile(sound[: len(sound) // 2], "found no ONNX model .*, expected a model onnxruntime can load"),
        "unknown-domain": Hostile(
            _model([node("Steal", ["x"], ["score"], domain="evil.ops")]),
            "found operator 'Steal' of domain 'evil.ops', expected a standard one; .*allow.domains",
        ),
        "made-huge": Hostile(_made([integers("shape", [HUGE])]), r"a ConstantOfShape of \[1099511627776\], expected"),
        "made-huge-by-input": Hostile(_made([integers("times", [HUGE, 1])], driven=True), "needed more than 2 GB"),
        "endless-loop": Hostile(endless(), "operator 'Loop', which runs a graph of its own, .*allow.operators"),
        "long-chain": Hostile(chain(20_000), r"found 20001 nodes, expected at most 10000; make it smaller"),
        "not-a-number": Hostile(
            _model(
                [
                    node("IsNaN", ["x"], ["lost"]),
                    node("Where", ["lost", "minus", "minus"], ["less"]),
                    node("Sqrt", ["less"], ["root"]),
                    node("MatMul", ["root", "w"], ["score"]),
                ],
                [tensor("minus", [[-1.0]]), _weights()],
            ),
            "golden.jsonl: found tiny: found 64 of 64 rows NaN or infinite",
        ),
    }


def misfits() -> dict[str, Hostile]:
    """What the lint alone tells: models that are not the contract's, or not what onnxruntime is to be given."""
    score = [node("MatMul", ["x", "w"], ["score"])]
    sound = linear([0.1] * WIDTH, 0.5)
    return {
        "empty": Hostile(b"", "found no graph"),
        "own-format": Hostile(b"\x12\x10xxORTM" + b"x" * 10 + sound, "found onnxruntime's own format, expected ONNX"),
        "training": Hostile(sound + b"\xa2\x01\x02\x0a\x00", "found training information"),
        "condition": Hostile(_model([node("If", ["c"], ["score"])]), "operator 'If', which runs"),
        "scan": Hostile(_model([node("Scan", ["x"], ["score"])]), "operator 'Scan', which runs"),
        "carried-graph": Hostile(
            _model([node("Custom", ["x"], ["score"], graphs={"body": _leaf()})]), "operator 'Custom', which runs"
        ),
        "outside-in-an-attribute": Hostile(
            _model([node("Constant", [], ["w"], tensors={"value": elsewhere("", WIDTH, "../x")}), *score]),
            "external data '../x'",
        ),
        "nothing-wide": Hostile(_with(claimed("w", [0, HUGE])), r"of shape \[0, 1099511627776\]"),
        "two-inputs": Hostile(
            model(score, [_weights()], width=WIDTH, columns=1, inputs=[value("extra", 1)]),
            r"found 2 inputs \(x, extra\), expected one input of tensor\(float\) with 5 columns",
        ),
        "narrow": Hostile(linear([1.0] * 3, 0.0), "found input x with 3 columns, expected one input .* with 5 columns"),
        "double-input": Hostile(
            model(score, [_weights()], width=WIDTH, columns=1, input_type=DOUBLE), r"found input x of tensor\(double\)"
        ),
        "integer-output": Hostile(
            model([node("Cast", ["x"], ["score"], to=INT64)], [], width=WIDTH, columns=WIDTH, output_type=INT64),
            r"found output score of tensor\(int64\), expected tensor\(float\)",
        ),
        "no-output": Hostile(sound.replace(b"score", b"value"), r"found outputs value, expected score"),
    }


def endless() -> bytes:
    """A Loop that turns 2^62 times: a few hundred bytes that never answer."""
    body = graph(
        [node("Identity", ["going"], ["on"]), node("Identity", ["held"], ["kept"])],
        [],
        inputs=[
            value("turn", kind=INT64, rows=False),
            value("going", kind=BOOL, rows=False),
            value("held", WIDTH),
        ],
        outputs=[value("on", kind=BOOL, rows=False), value("kept", WIDTH)],
    )
    loop = node("Loop", ["turns", "", "x"], ["spun"], graphs={"body": body})
    return _model(
        [loop, node("MatMul", ["spun", "w"], ["score"])], [integers("turns", [ENDLESS], scalar=True), _weights()]
    )


def chain(length: int) -> bytes:
    """So many additions of nothing, one after the other, and the scores."""
    nodes = [node("Add", [f"s{step}" if step else "x", "zero"], [f"s{step + 1}"]) for step in range(length)]
    return _model([*nodes, node("MatMul", [f"s{length}", "w"], ["score"])], [_weights()])


def laughs(levels: int) -> bytes:
    """Functions that each call the one before twice: 2^levels nodes in a few bytes a level."""
    first = function("f0", [node("Identity", ["x"], ["y"])])
    more = [
        function(
            f"f{level}",
            [
                node(f"f{level - 1}", ["x"], ["z"], domain="local"),
                node(f"f{level - 1}", ["z"], ["y"], domain="local"),
            ],
        )
        for level in range(1, levels)
    ]
    return calling(f"f{levels - 1}", [first, *more])


def reading_outside() -> bytes:
    """A function with a constant of its own, which lies elsewhere."""
    constant = node("Constant", [], ["y"], tensors={"value": elsewhere("", 1, "../x")})
    return calling("read", [function("read", [constant])])


def nested(depth: int) -> bytes:
    """Ifs within Ifs."""
    held = _leaf()
    for _ in range(depth):
        held = graph([node("If", ["c"], ["z"], graphs={"then_branch": held})], [], inputs=[], outputs=[value("z", 1)])
    return _model([node("If", ["c"], ["score"], graphs={"then_branch": held})])


def calling(name: str, functions: Sequence[bytes]) -> bytes:
    """A model that puts its input through `local.name` before it scores."""
    nodes = [node(name, ["x"], ["seen"], domain="local"), node("MatMul", ["seen", "w"], ["score"])]
    return _model(nodes, [_weights()], functions=functions)


def _model(nodes: Sequence[bytes], constants: Sequence[bytes] = (), *, functions: Sequence[bytes] = ()) -> bytes:
    return model(nodes, constants, width=WIDTH, columns=1, functions=functions)


def _with(weights: bytes) -> bytes:
    """x·w with `weights` (a TensorProto named w)."""
    return _model([node("MatMul", ["x", "w"], ["score"])], [weights])


def _weights() -> bytes:
    return tensor("w", [[0.1]] * WIDTH)


def _leaf() -> bytes:
    """A graph that does next to nothing."""
    return graph([node("Identity", ["zero"], ["z"])], [], inputs=[], outputs=[value("z", 1)])


def _made(constants: Sequence[bytes], *, driven: bool = False) -> bytes:
    """Scores that need a constant of a shape that is constant too, or computed from the input's."""
    shape = [node("Shape", ["x"], ["rows"]), node("Mul", ["rows", "times"], ["shape"])] if driven else []
    nodes = [
        *shape,
        node("ConstantOfShape", ["shape"], ["much"]),
        node("ReduceSum", ["much"], ["sum"], keepdims=0),
        node("MatMul", ["x", "w"], ["xw"]),
        node("Add", ["xw", "sum"], ["score"]),
    ]
    return _model(nodes, [*constants, _weights()])
