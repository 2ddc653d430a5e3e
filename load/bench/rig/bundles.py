"""The models of the benchmarks as bundles, built when they are needed."""

from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from load.bench.images.events import CLASSES, PIXELS, Shape, pixels
from load.bench.rig.events import FEATURES, START, STEP, matrix
from models.build import build_bundle
from models.contract import read_contract
from models.reference import reference_of

MODELS = Path(__file__).parent / "models"
REFERENCE_ROWS, REFERENCE_FIRST = 4_000, 1_000_000_000
WIDEST = 6.0


def contract_text(*, features: int = FEATURES, shape: Shape = "columns", ood_rate: float = 0.01) -> str:
    """The contract in YAML: every feature has a range that is checked."""
    named = [{"name": f"f{place}", "type": "float", "range": [-WIDEST, WIDEST]} for place in range(features)]
    said: dict[str, Any] = {
        "model": "bench", "version": "bench-1", "owner": {"team": "bench"}, "clock": "event", "task": "binary",
        "features": named, "outputs": {"score": "score"}, "label": {"field": "label", "horizon": "1h"},
        "ood_rate": ood_rate,
    }  # fmt: skip
    if shape != "columns":
        said |= {
            "features": [{"name": "pixels", "type": "float", "count": PIXELS, "range": [0.0, 1.0]}],
            "format": "json" if shape == "json" else "avro", "task": "multiclass",
            "outputs": {"score": "score", "classes": [f"{digit}" for digit in range(CLASSES)]},
        }  # fmt: skip
    return str(yaml.safe_dump(said, sort_keys=False))


def bundle(path: Path, onnx: bytes, *, features: int = FEATURES, lacks: str = "", shape: Shape = "columns") -> Path:
    """Build the bundle of a model at `path`; it `lacks` "calibrator" or "ood", where a scorer then does nothing."""
    if path.exists():
        return path
    text = contract_text(features=features, shape=shape, ood_rate=0.0 if lacks == "ood" else 0.01)
    contract = read_contract(text)
    inputs, truth = _rows(features, shape)
    times = START + np.arange(REFERENCE_ROWS, dtype=np.int64) * STEP * 60
    labels = None if lacks == "calibrator" else truth.astype(np.float64)
    reference = reference_of(contract, matrix=inputs, times=times, labels=labels)
    build_bundle(onnx=onnx, contract=contract, contract_text=text, reference=reference, out=path)
    return path


def _rows(features: int, shape: Shape) -> tuple[NDArray[np.float32], NDArray[np.integer]]:
    """What the model is judged on, with a truth."""
    if shape != "columns":
        inputs = pixels(REFERENCE_FIRST, REFERENCE_ROWS)
        return inputs, inputs[:, :CLASSES].argmax(axis=1)
    inputs = matrix(REFERENCE_FIRST, REFERENCE_ROWS, features=features)
    return inputs, (inputs[:, :8].sum(axis=1) > 0).astype(np.int64)
