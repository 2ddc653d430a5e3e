"""A peer's model: ONNX Runtime with one thread."""

import numpy as np
import onnxruntime
from numpy.typing import NDArray

THRESHOLD = 0.5
VERSION = "bench-1"


class Model:
    """The model at `path`."""

    def __init__(self, path: str) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def score(self, rows: NDArray[np.float32]) -> list[float]:
        """One score a row of `rows` (n, F)."""
        (found,) = self._session.run(["score"], {self._input: rows})
        return [float(one) for one in found[:, 0]]
