"""The ports of a graph: what it takes in and gives out, against what the contract says."""

from collections.abc import Sequence
from typing import Protocol

from models.bundle import BundleRefused
from models.contract import Contract

SCORES = ("tensor(float)", "tensor(double)")


class Port(Protocol):
    """A named value at the edge of a graph: onnxruntime's own words for type and shape."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def type(self) -> str:
        """Such as `tensor(float)`."""

    @property
    def shape(self) -> Sequence[int | str | None]:
        """A number for a fixed dimension, else a name or nothing."""


def check_input(inputs: Sequence[Port], contract: Contract) -> None:
    """Refuse anything but one float32 matrix as wide as the contract's features, with any number of rows.

    Raises BundleRefused.
    """
    width = len(contract.features)
    expected = f"expected one input of tensor(float) with {width} columns, one a feature"
    if len(inputs) != 1:
        raise BundleRefused(f"model.onnx: found {len(inputs)} inputs ({_named(inputs)}), {expected}")
    only = inputs[0]
    if only.type != "tensor(float)" or len(only.shape) != len(("row", "feature")):
        raise BundleRefused(f"model.onnx: found input {only.name} of {only.type} {list(only.shape)}, {expected}")
    if isinstance(only.shape[1], int) and only.shape[1] != width:
        raise BundleRefused(f"model.onnx: found input {only.name} with {only.shape[1]} columns, {expected}")
    if isinstance(only.shape[0], int):
        raise BundleRefused(f"model.onnx: found input {only.name} fixed to {only.shape[0]} rows, expected any number")


def check_output(outputs: Sequence[Port], contract: Contract) -> None:
    """Refuse a graph without the contract's score output, or with one that is no float.

    Its declared shape is not looked at: converters declare wrong ones, the scores themselves are judged.
    Raises BundleRefused.
    """
    wanted = contract.outputs.score
    for output in outputs:
        if output.name == wanted:
            if output.type not in SCORES:
                raise BundleRefused(
                    f"model.onnx: found output {wanted} of {output.type}, expected {' or '.join(SCORES)}; "
                    "convert the model with ZipMap off"
                )
            return
    raise BundleRefused(f"model.onnx: found outputs {_named(outputs)}, expected {wanted} (contract outputs.score)")


def _named(ports: Sequence[Port]) -> str:
    return ", ".join(port.name for port in ports) or "none"
