"""Small complete bundles with synthetic reference rows, for any test that needs a model."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from numpy.typing import NDArray

from models import manifest as contents
from models.build import build_bundle
from models.bundle import Bundle
from models.contract import Contract, read_contract
from models.manifest import File, read_manifest, sealed, sha256
from models.reference import Reference, reference_of
from tests.models.onnx_bytes import linear, logistic, softmax

START_MICROS = 1_362_096_000_000_000
"""2013-03-01 00:00 UTC."""
MINUTE_MICROS = 60_000_000
CLASSES = ("early", "on_time", "late")
FEATURES: tuple[dict[str, Any], ...] = (
    {"name": "amount", "type": "float", "range": [-100.0, 100.0]},
    {"name": "hour", "type": "int", "range": [0, 23]},
    {"name": "weekend", "type": "bool"},
    {"name": "carrier", "type": "category", "categories": ["AA", "DL", "UA"]},
    {"name": "wind", "type": "float", "nullable": True},
)


def contract_text(
    *, task: str = "binary", features: Sequence[dict[str, Any]] = FEATURES, version: str = "1", **more: Any
) -> str:
    """A contract in YAML; `more` adds or replaces keys at its top."""
    outputs = {"score": "score", **({"classes": list(CLASSES)} if task == "multiclass" else {})}
    said = {
        "model": "tiny", "version": version, "owner": {"team": "tests"}, "clock": "event", "task": task,
        "features": list(features), "outputs": outputs, "label": {"field": "late", "horizon": "36h"}, **more,
    }  # fmt: skip
    return str(yaml.safe_dump(said, sort_keys=False))


def tiny_model(contract: Contract) -> bytes:
    """A model of fixed weights for `contract` that reads a missing value as 0."""
    scales = [24.0 if feature.type == "int" else len(feature.categories) or 1.0 for feature in contract.features]
    weights = [round((-0.6) ** place / scale, 3) for place, scale in enumerate(scales)]
    if contract.task == "binary":
        return logistic(weights, 0.1, nan_safe=True)
    if contract.task == "multiclass":
        rows = [[weight * turn for weight in weights] for turn in np.linspace(-1, 1, len(contract.outputs.classes))]
        return softmax(rows, nan_safe=True)
    return linear(weights, 0.1, nan_safe=True)


def rows_of(contract: Contract, *, rows: int = 400, seed: int = 7) -> NDArray[np.float32]:
    """`rows` rows that keep the contract, (rows, F): a tenth of each nullable feature is missing."""
    chance = np.random.default_rng(seed)
    columns = []
    for feature in contract.features:
        if feature.type == "category":
            column = chance.integers(0, len(feature.categories), rows).astype(np.float32)
        elif feature.type == "bool":
            column = (chance.random(rows) < 0.3).astype(np.float32)
        elif feature.type == "int":
            low, high = feature.range or (0, 50)
            column = chance.integers(int(low), int(high) + 1, rows).astype(np.float32)
        else:
            column = chance.normal(size=rows).astype(np.float32)
        if feature.nullable:
            column[chance.random(rows) < 0.1] = np.nan
        columns.append(column)
    return np.stack(columns, axis=1)


def reference_rows(contract: Contract, *, rows: int = 400, seed: int = 7) -> Reference:
    """Synthetic rows a minute apart, with labels that lean on the first feature; a tenth never came."""
    matrix = rows_of(contract, rows=rows, seed=seed)
    chance = np.random.default_rng(seed + 1)
    lean = np.nan_to_num(matrix[:, 0]).astype(np.float64) + chance.normal(size=rows)
    kinds = max(2, len(contract.outputs.classes))
    cuts = np.quantile(lean, np.arange(1, kinds) / kinds)
    labels = lean if contract.task == "regression" else np.searchsorted(cuts, lean).astype(np.float64)
    labels = np.where(chance.random(rows) < 0.1, np.nan, labels)
    times = START_MICROS + np.arange(rows, dtype=np.int64) * MINUTE_MICROS
    return reference_of(contract, matrix=matrix, times=times, labels=labels)


def make_bundle(
    path: Path,
    *,
    task: str = "binary",
    features: Sequence[dict[str, Any]] = FEATURES,
    version: str = "1",
    onnx: bytes | None = None,
    **more: Any,
) -> Bundle:
    """Build a small bundle at `path`, calibrated where the task allows it; `more` goes into the contract."""
    text = contract_text(task=task, features=features, version=version, **more)
    contract = read_contract(text)
    return build_bundle(
        onnx=tiny_model(contract) if onnx is None else onnx,
        contract=contract,
        contract_text=text,
        reference=reference_rows(contract),
        out=path,
        metrics={"held_out_auc": 0.75},
    )


def resealed(path: Path, changes: dict[str, bytes]) -> None:
    """Write `changes` with a manifest that fits them, as a builder with a fault of its own would."""
    for name, data in changes.items():
        (path / name).write_bytes(data)
    manifest = read_manifest((path / contents.NAME).read_bytes())
    files = {name: File(sha256=sha256(data), size=len(data)) for name, data in changes.items()}
    changed = manifest.model_copy(update={"files": manifest.files | files})
    (path / contents.NAME).write_bytes(sealed(changed))


def write_inputs(folder: Path, features: Sequence[dict[str, Any]], *, onnx: str, reference: str) -> None:
    """What a user brings to `model build`: contract.yaml over amount, weekend, carrier; the model; labelled rows."""
    text = contract_text(features=features)
    contract = read_contract(text)
    matrix = rows_of(contract)
    columns = {
        "event_time": pa.array(START_MICROS + np.arange(len(matrix)) * MINUTE_MICROS, pa.timestamp("us", tz="UTC")),
        "amount": matrix[:, 0],
        "weekend": matrix[:, 1].astype(bool),
        "carrier": np.array(["AA", "DL", "UA"])[matrix[:, 2].astype(int)],
        "late": matrix[:, 0] + np.random.default_rng(1).normal(size=len(matrix)) > 0,
    }
    pq.write_table(pa.table(columns), folder / reference)
    (folder / "contract.yaml").write_text(text, encoding="utf-8")
    (folder / onnx).write_bytes(tiny_model(contract))
