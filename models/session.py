"""The session: one ONNX model in memory, which turns a matrix into scores."""

from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from models.bundle import BundleRefused, score_columns
from models.contract import Contract

ERRORS_ONLY = 3
SCORES = ("tensor(float)", "tensor(double)")


class ModelFault(Exception):
    """The model failed or gave no usable scores; the message says what was found and expected."""


class Session:
    """A model from its bytes, single-threaded, asked only for the contract's output.

    Raises BundleRefused when the model cannot be loaded or is not what the contract says: one float32 input
    as wide as the features, and an output of the contract's name.
    """

    def __init__(self, onnx: bytes, contract: Contract) -> None:
        self._contract = contract
        try:
            self._session: Any = onnxruntime.InferenceSession(onnx, _options(), providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's own errors share no narrower parent
            raise BundleRefused(f"model.onnx: found {_line(error)}, expected a model onnxruntime can load") from error
        self._input = _checked_input(self._session.get_inputs(), contract)
        self._output = _checked_output(self._session.get_outputs(), contract)

    def score(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Scores of every row, (n, k): P(positive) or the value with k = 1, else one probability a class.

        `matrix` is (n, F) float32, C-contiguous, in the contract's order, NaN for missing. Raises ModelFault.
        """
        rows = len(matrix)
        if rows == 0:
            return np.empty((0, score_columns(self._contract)))
        try:
            found = self._session.run([self._output], {self._input: np.ascontiguousarray(matrix, dtype=np.float32)})[0]
        except Exception as error:  # onnxruntime's own errors share no narrower parent
            raise ModelFault(f"{self._contract.model}: the model failed on {rows} rows: {_line(error)}") from error
        scores = _columns(np.asarray(found, dtype=np.float64), rows, self._contract)
        finite = np.isfinite(scores).all(axis=1)
        if not finite.all():
            first = int(np.argmin(finite))
            raise ModelFault(
                f"{self._contract.model}: found {rows - int(finite.sum())} of {rows} rows NaN or infinite, "
                f"first row {first}, expected finite scores"
            )
        return scores


def _options() -> Any:
    """What FACTS measured: one thread, no spinning, errors only."""
    options: Any = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = ERRORS_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    return options


def _checked_input(inputs: list[Any], contract: Contract) -> str:
    """The name of the one input, if it is a float32 matrix as wide as the contract's features."""
    width = len(contract.features)
    expected = f"expected one input of tensor(float) with {width} columns, one a feature"
    if len(inputs) != 1:
        raise BundleRefused(f"model.onnx: found {len(inputs)} inputs ({_named(inputs)}), {expected}")
    only = inputs[0]
    if only.type != "tensor(float)" or len(only.shape) != len(("row", "feature")):
        raise BundleRefused(f"model.onnx: found input {only.name} of {only.type} {only.shape}, {expected}")
    if isinstance(only.shape[1], int) and only.shape[1] != width:
        raise BundleRefused(f"model.onnx: found input {only.name} with {only.shape[1]} columns, {expected}")
    if isinstance(only.shape[0], int):
        raise BundleRefused(f"model.onnx: found input {only.name} fixed to {only.shape[0]} rows, expected any number")
    return str(only.name)


def _checked_output(outputs: list[Any], contract: Contract) -> str:
    """The name of the score output, if the model has it."""
    wanted = contract.outputs.score
    for output in outputs:
        if output.name == wanted:
            if output.type not in SCORES:
                raise BundleRefused(
                    f"model.onnx: found output {wanted} of {output.type}, expected {' or '.join(SCORES)}; "
                    "convert the model with ZipMap off"
                )
            return wanted
    raise BundleRefused(f"model.onnx: found outputs {_named(outputs)}, expected {wanted} (contract outputs.score)")


def _columns(found: NDArray[np.float64], rows: int, contract: Contract) -> NDArray[np.float64]:
    """The scores as (n, k) from a shape the task allows; declared shapes lie, so the real one is judged."""
    columns = score_columns(contract)
    allowed = [(rows, columns)] if contract.task == "multiclass" else [(rows,), (rows, 1)]
    if contract.task == "binary":
        allowed.append((rows, 2))
    if found.shape not in allowed:
        shapes = " or ".join(str(shape) for shape in allowed)
        raise ModelFault(f"{contract.model}: found {contract.outputs.score} of shape {found.shape}, expected {shapes}")
    return np.ascontiguousarray(found.reshape(rows, -1)[:, -columns:])


def _named(nodes: list[Any]) -> str:
    return ", ".join(str(node.name) for node in nodes) or "none"


def _line(error: Exception) -> str:
    """An error as one line; onnxruntime's run over several."""
    return " ".join(str(error).split())
