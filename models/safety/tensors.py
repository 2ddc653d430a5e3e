"""The tensors of a graph: their values must lie in the model's own bytes, and be no more than they say."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

import onnx

from models.bundle import BundleRefused
from models.safety.words import shown

MEMORY_MARKER = "*/_ORT_MEM_ADDR_/*"
BITS = 8


def tensors_of(graph: Any) -> Iterator[Any]:
    """Every constant that `graph` (a GraphProto) holds at its own level, sparse ones as values and indices."""
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)


def tensors_in(holder: Any) -> Iterator[Any]:
    """Every constant among the attributes of `holder` (a NodeProto, or a FunctionProto with its defaults)."""
    for attribute in holder.attribute if isinstance(holder, onnx.NodeProto) else holder.attribute_proto:
        yield from (attribute.t, *attribute.tensors)
        for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
            yield from (sparse.values, sparse.indices)


def check_tensors(tensors: Iterable[Any], size: int) -> None:
    """Refuse a tensor kept outside of the model's `size` bytes, or of a shape those bytes cannot hold.

    Raises BundleRefused.
    """
    for tensor in tensors:
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            raise BundleRefused(f"model.onnx: found {_elsewhere(tensor)}; save the model as one file")
        dims = list(tensor.dims)
        if any(dim < 0 for dim in dims):
            raise BundleRefused(f"model.onnx: found tensor {shown(tensor.name)} of shape {dims}, expected none below 0")
        # The smallest element takes one bit. A dimension alone may not exceed it either: 0 x 2^40 is nothing to hold.
        if max([*dims, math.prod(dims)], default=0) > size * BITS:
            raise BundleRefused(
                f"model.onnx: found tensor {shown(tensor.name)} of shape {dims}, "
                f"expected no more elements than {size} bytes can hold"
            )


def check_made(shape: Any, limit: int) -> None:
    """Refuse a ConstantOfShape whose constant `shape` (a TensorProto) makes more than `limit` elements.

    Raises BundleRefused.
    """
    dims = onnx.numpy_helper.to_array(shape).reshape(-1).tolist()
    if any(dim < 0 for dim in dims) or math.prod(dims) > limit:
        raise BundleRefused(f"model.onnx: found a ConstantOfShape of {dims}, expected at most {limit} elements")


def _elsewhere(tensor: Any) -> str:
    """Where the values of `tensor` are said to be."""
    place = next((entry.value for entry in tensor.external_data if entry.key == "location"), "")
    if place.startswith(MEMORY_MARKER):
        return f"tensor {shown(tensor.name)} at a memory address, expected its values inside model.onnx"
    return f"tensor {shown(tensor.name)} in external data {shown(place)}, expected its values inside model.onnx"
