"""The lint of a graph: what an ONNX file says of itself, judged before onnxruntime sees a byte of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import onnx

from models.bundle import BundleRefused
from models.contract import Contract
from models.safety.limits import Limits
from models.safety.ports import check_input, check_output
from models.safety.tensors import check_made, check_tensors, tensors_in, tensors_of
from models.safety.words import shown, tame

STANDARD = frozenset({"", "ai.onnx", "ai.onnx.ml"})
CONTROL = frozenset({"Loop", "If", "Scan", "SequenceMap"})
# onnxruntime takes bytes 4 to 8 of this for a file in its own format, of which this lint can read nothing.
OWN_FORMAT = b"ORTM"

Called = tuple[str, str, str]
Functions = Mapping[Called, Any]


class Value(NamedTuple):
    """A graph's input or output as its ValueInfoProto declares it."""

    name: str
    type: str
    shape: tuple[int | str | None, ...]


@dataclass(frozen=True)
class Findings:
    """What the lint saw: `nodes` with all that functions and nested graphs hold, and the kinds of operators."""

    nodes: int
    operators: tuple[str, ...]


def lint(data: bytes, contract: Contract, limits: Limits) -> Findings:
    """Judge the ONNX model `data`; the message of BundleRefused says what is wrong with it.

    Refuses what is no ONNX model, too many nodes, operators or domains that are not standard and that the contract
    does not declare, tensors that lie elsewhere or cannot be, and inputs and outputs other than the contract's.
    """
    model = _parsed(data)
    nodes = _size(model, limits)
    kinds = {_checked_kind(node, contract) for node in _nodes(model, limits.depth)}
    for holder in (*_nodes(model, limits.depth), *model.functions):
        check_tensors(tensors_in(holder), len(data))
    for graph in _graphs(model, limits.depth):
        check_tensors(tensors_of(graph), len(data))
        _check_made(graph, limits)
    constants = {tensor.name for tensor in model.graph.initializer}
    check_input([_value(info) for info in model.graph.input if info.name not in constants], contract)
    check_output([_value(info) for info in model.graph.output], contract)
    return Findings(nodes, tuple(sorted(kinds)))


def _parsed(data: bytes) -> Any:
    """The ModelProto in `data`."""
    wanted = "expected a model onnxruntime can load"
    if data[4:8] == OWN_FORMAT:
        raise BundleRefused("model.onnx: found onnxruntime's own format, expected ONNX; save it as .onnx")
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except MemoryError:
        raise
    except Exception as error:  # protobuf's error has no parent but this one that is not its own
        raise BundleRefused(f"model.onnx: found no ONNX model ({tame(str(error))}), {wanted}") from error
    if not model.HasField("graph") or not model.graph.node:
        raise BundleRefused(f"model.onnx: found no graph, {wanted}")
    if model.training_info:
        raise BundleRefused("model.onnx: found training information, expected a model for inference; export it so")
    return model


def _size(model: Any, limits: Limits) -> int:
    """How many nodes there are once every call of a function is written out; refused above the limit."""
    if len(model.functions) > limits.functions:
        found = len(model.functions)
        raise BundleRefused(f"model.onnx: found {found} functions, expected at most {limits.functions}; inline them")
    if any(_carried(function.attribute_proto) for function in model.functions):
        raise BundleRefused("model.onnx: found a graph among a function's defaults, expected none; inline it")
    functions = {(function.domain, function.name, function.overload): function for function in model.functions}
    sizes: dict[Called, int] = {}
    total = 0
    for nodes in (model.graph.node, *(function.node for function in model.functions)):
        total += _written_out(nodes, functions, sizes, limits.depth)
        if total > limits.nodes:
            raise BundleRefused(f"model.onnx: found {total} nodes, expected at most {limits.nodes}; make it smaller")
    return total


def _written_out(nodes: Iterable[Any], functions: Functions, sizes: dict[Called, int], depth: int) -> int:
    """The size of `nodes`; `sizes` remembers functions, 0 while one is being measured."""
    total = 0
    for node in _nested(nodes, depth):
        called = (node.domain, node.op_type, node.overload)
        if called not in functions:
            total += 1
            continue
        if called not in sizes:
            sizes[called] = 0
            sizes[called] = 1 + _written_out(functions[called].node, functions, sizes, depth)
        elif sizes[called] == 0:
            raise BundleRefused(
                f"model.onnx: found function {shown(node.op_type)} calling itself, expected an end to it"
            )
        total += sizes[called]
    return total


def _nodes(model: Any, depth: int) -> Iterator[Any]:
    """Every node of the graph, its functions and all that is nested in them."""
    for nodes in (model.graph.node, *(function.node for function in model.functions)):
        yield from _nested(nodes, depth)


def _nested(nodes: Iterable[Any], depth: int) -> Iterator[Any]:
    """`nodes` and, below each, the nodes of its own graphs."""
    for node in nodes:
        yield node
        for graph in _bodies(node, depth):
            yield from _nested(graph.node, depth - 1)


def _graphs(model: Any, depth: int) -> Iterator[Any]:
    """Every graph: the model's and all that nodes carry."""
    yield model.graph
    for node in _nodes(model, depth):
        yield from _bodies(node, depth)


def _bodies(node: Any, depth: int) -> list[Any]:
    """The graphs that `node` carries; refused where they lie too deep."""
    graphs = _carried(node.attribute)
    if graphs and depth < 1:
        raise BundleRefused("model.onnx: found graphs within graphs deeper than the limit, expected flatter ones")
    return graphs


def _carried(attributes: Iterable[Any]) -> list[Any]:
    """The graphs among `attributes`."""
    held = [(*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs) for attribute in attributes]
    return [graph for graphs in held for graph in graphs]


def _checked_kind(node: Any, contract: Contract) -> str:
    """The name of the operator of `node`, if it is one the contract lets in."""
    allow = contract.allow
    if node.domain not in STANDARD and node.domain not in allow.domains:
        raise BundleRefused(
            f"model.onnx: found operator {shown(node.op_type)} of domain {shown(node.domain)}, expected a standard "
            "one; take it out, or declare the domain in the contract's allow.domains"
        )
    if (node.op_type in CONTROL or _carried(node.attribute)) and node.op_type not in allow.operators:
        raise BundleRefused(
            f"model.onnx: found operator {shown(node.op_type)}, which runs a graph of its own, expected none; "
            "take it out, or declare it in the contract's allow.operators"
        )
    return str(node.op_type)


def _check_made(graph: Any, limits: Limits) -> None:
    """Refuse a ConstantOfShape in `graph` whose shape is a constant beside it and too large."""
    known = {tensor.name: tensor for tensor in graph.initializer}
    for node in (node for node in graph.node if node.op_type == "Constant"):
        known |= {name: held.t for name in node.output for held in node.attribute if held.name == "value"}
    for node in graph.node:
        if node.op_type == "ConstantOfShape" and node.input and node.input[0] in known:
            check_made(known[node.input[0]], limits.elements)


def _value(info: Any) -> Value:
    """A ValueInfoProto in onnxruntime's words."""
    kind = info.type.WhichOneof("value")
    if kind != "tensor_type":
        return Value(info.name, str(kind).removesuffix("_type"), ())
    tensor = info.type.tensor_type
    element = onnx.TensorProto.DataType.Name(tensor.elem_type).lower()
    shape = tuple(dim.dim_value if dim.HasField("dim_value") else dim.dim_param or None for dim in tensor.shape.dim)
    return Value(info.name, f"tensor({element})", shape)
