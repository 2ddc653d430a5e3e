"""The models of the benchmarks as bundles, built when they are needed."""

from pathlib import Path
from typing import Any

import numpy as np
import yaml

from load.bench.rig.events import FEATURES, START, STEP, matrix
from models import manifest as contents
from models.build import build_bundle
from models.contract import read_contract
from models.reference import reference_of

MODELS = Path(__file__).parent / "models"
REFERENCE_ROWS, REFERENCE_FIRST = 4_000, 1_000_000_000
WIDEST = 6.0


def contract_text(*, features: int = FEATURES) -> str:
    """The contract in YAML: every feature has a range that is checked."""
    named = [{"name": f"f{place}", "type": "float", "range": [-WIDEST, WIDEST]} for place in range(features)]
    said: dict[str, Any] = {
        "model": "bench", "version": "bench-1", "owner": {"team": "bench"}, "clock": "event", "task": "binary",
        "features": named, "outputs": {"score": "score"}, "label": {"field": "label", "horizon": "1h"},
    }  # fmt: skip
    return str(yaml.safe_dump(said, sort_keys=False))


def bundle(path: Path, onnx: bytes, *, features: int = FEATURES, lacks: str = "") -> Path:
    """Build the bundle of a model at `path`; it `lacks` "calibrator" or "ood", where a scorer then does nothing."""
    if path.exists():
        return path
    text = contract_text(features=features)
    contract = read_contract(text)
    inputs = matrix(REFERENCE_FIRST, REFERENCE_ROWS, features=features)
    times = START + np.arange(REFERENCE_ROWS, dtype=np.int64) * STEP * 60
    labels = None if lacks == "calibrator" else (inputs[:, :8].sum(axis=1) > 0).astype(np.float64)
    reference = reference_of(contract, matrix=inputs, times=times, labels=labels)
    build_bundle(onnx=onnx, contract=contract, contract_text=text, reference=reference, out=path)
    if lacks == "ood":
        _leave_out(path, contents.OOD)
    return path


def _leave_out(path: Path, name: str) -> None:
    """Take a file out of a bundle, with its line in the manifest."""
    (path / name).unlink()
    manifest = contents.read_manifest((path / contents.NAME).read_bytes())
    files = {other: said for other, said in manifest.files.items() if other != name}
    (path / contents.NAME).write_bytes(contents.sealed(manifest.model_copy(update={"files": files})))
