"""The session: one ONNX model in memory, which turns a matrix into scores."""

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle import BundleRefused, score_columns
from models.contract import Contract
from models.safety.ports import check_input, check_output

# Read once, when onnxruntime is imported: its wheels send usage data by default since 1.29, from a thread of their own.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
import onnxruntime

SILENT = 4
"""An error is raised, with its text; printed as well it would be a line on standard error that is no JSON."""


class ModelFault(Exception):
    """The model failed or gave no usable scores; the message says what was found and expected."""


class Brake:
    """Stops a run from another thread: a model whose brake is pulled fails at its next operator, at the latest."""

    def __init__(self) -> None:
        self.options: Any = onnxruntime.RunOptions()
        self.options.log_severity_level = SILENT

    def pull(self) -> None:
        """Stop the run that holds this brake, or the next one."""
        self.options.terminate = True


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
        inputs = self._session.get_inputs()
        outputs = self._session.get_outputs()
        check_input(inputs, contract)
        check_output(outputs, contract)
        self._input, self._output = str(inputs[0].name), contract.outputs.score
        self._output_type = next(str(one.type) for one in outputs if one.name == self._output)

    @property
    def ports(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """Name and type, in onnxruntime's words, of the matrix it takes and of the scores it gives."""
        return (self._input, "tensor(float)"), (self._output, self._output_type)

    def score(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Scores of every row, (n, k): P(positive) or the value with k = 1, else one probability a class.

        `matrix` is (n, F) float32, C-contiguous, in the contract's order, NaN for missing. Raises ModelFault, also
        for a single row without finite scores.
        """
        scores = self.answers(matrix)
        finite = np.isfinite(scores).all(axis=1)
        if not finite.all():
            rows, first = len(scores), int(np.argmin(finite))
            raise ModelFault(
                f"{self._contract.model}: found {rows - int(finite.sum())} of {rows} rows NaN or infinite, "
                f"first row {first}, expected finite scores"
            )
        return scores

    def answers(self, matrix: NDArray[np.float32], brake: Brake | None = None) -> NDArray[np.float64]:
        """What the model says of every row, (n, k), not finite where it failed on that row alone.

        Raises ModelFault when it failed on the whole, or when `brake` was pulled.
        """
        rows = len(matrix)
        if rows == 0:
            return np.empty((0, score_columns(self._contract)))
        given = {self._input: np.ascontiguousarray(matrix, dtype=np.float32)}
        try:
            found = self._session.run([self._output], given, None if brake is None else brake.options)[0]
        except Exception as error:  # onnxruntime's own errors share no narrower parent
            raise ModelFault(f"{self._contract.model}: the model failed on {rows} rows: {_line(error)}") from error
        return _columns(np.asarray(found, dtype=np.float64), rows, self._contract)


def _options() -> Any:
    """What FACTS measured: one thread, no spinning."""
    options: Any = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = SILENT
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    return options


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


def _line(error: Exception) -> str:
    """An error as one line; onnxruntime's run over several."""
    return " ".join(str(error).split())
