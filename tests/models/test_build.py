"""A bundle is built whole and the same every time, or not at all."""

from pathlib import Path

import numpy as np
import pytest

from models.build import build_bundle
from models.bundle import BundleRefused, load_bundle
from models.contract import ContractRefused, read_contract
from models.fitting.target import TargetRefused
from models.reference import ReferenceRefused, reference_of
from models.session import ModelFault
from models.verify import verify
from tests.models.bundles import contract_text, make_bundle, reference_rows, rows_of, tiny_model
from tests.models.onnx_bytes import linear, logistic

TASKS = ["binary", "multiclass", "regression"]


@pytest.mark.parametrize("task", TASKS)
def test_building_twice_gives_the_same_digest(tmp_path: Path, task: str) -> None:
    """No clock and no chance go into a bundle."""
    one, other = make_bundle(tmp_path / "one", task=task), make_bundle(tmp_path / "other", task=task)
    assert one.digest == other.digest
    assert one.digest == load_bundle(tmp_path / "one").digest


def test_another_version_is_another_digest(tmp_path: Path) -> None:
    """What differs shows."""
    assert make_bundle(tmp_path / "a").digest != make_bundle(tmp_path / "b", version="2").digest


def test_building_again_replaces_the_bundle_and_leaves_nothing_else(tmp_path: Path) -> None:
    """The new one stands alone, no temporary directory beside it."""
    make_bundle(tmp_path / "b")
    (tmp_path / "b" / "golden.jsonl").write_bytes(b"damaged")
    again = make_bundle(tmp_path / "b", version="2")
    assert load_bundle(tmp_path / "b").digest == again.digest
    assert [entry.name for entry in tmp_path.iterdir()] == ["b"]


@pytest.mark.parametrize("task", TASKS)
def test_the_manifest_says_what_it_was_built_from(tmp_path: Path, task: str) -> None:
    """Span, rows, metrics and versions."""
    manifest = make_bundle(tmp_path / "b", task=task).manifest
    assert manifest.reference.rows == 400
    assert manifest.reference.last_micros - manifest.reference.first_micros == 399 * 60_000_000
    computed = {
        "binary": {"reference_auc", "reference_log_loss", "reference_brier"},
        "multiclass": {"reference_accuracy"},
        "regression": {"reference_mae"},
    }
    assert set(manifest.metrics) == {"held_out_auc"} | computed[task]
    assert set(manifest.built_with) == {"driftline", "numpy", "onnxruntime"}


def test_reference_metrics_are_those_of_the_labelled_rows(tmp_path: Path) -> None:
    """The area under the curve counted pair by pair, the Brier score by hand."""
    bundle = make_bundle(tmp_path / "b")
    rows = reference_rows(bundle.contract)
    assert rows.labels is not None
    known = ~np.isnan(rows.labels)
    scores = verify(tmp_path / "b")[1].score(rows.inputs[known])[:, 0]
    labels = rows.labels[known]
    above = scores[labels == 1][:, None] - scores[labels == 0][None, :]
    auc = (above > 0).mean() + (above == 0).mean() / 2
    assert bundle.manifest.metrics["reference_auc"] == pytest.approx(auc)
    assert bundle.manifest.metrics["reference_brier"] == pytest.approx(((scores - labels) ** 2).mean())


def test_without_labels_there_is_no_calibrator(tmp_path: Path) -> None:
    """Neither the file nor a prior nor metrics of quality."""
    text = contract_text()
    contract = read_contract(text)
    times = np.arange(300, dtype=np.int64)
    rows = reference_of(contract, matrix=rows_of(contract, rows=300), times=times)
    bundle = build_bundle(
        onnx=tiny_model(contract), contract=contract, contract_text=text, reference=rows, out=tmp_path / "b"
    )
    assert bundle.calibrator is None
    assert bundle.baseline.prior is None
    assert bundle.manifest.metrics == {}
    assert not (tmp_path / "b" / "calibrator.json").exists()


def test_a_metric_that_build_computes_is_not_the_callers_to_give(tmp_path: Path) -> None:
    """Two numbers under one name would hide one of them."""
    text = contract_text()
    contract = read_contract(text)
    rows = reference_rows(contract)
    metrics = {"reference_auc": 1.0}
    with pytest.raises(ValueError, match="found metrics reference_auc, expected other names"):
        build_bundle(
            onnx=tiny_model(contract),
            contract=contract,
            contract_text=text,
            reference=rows,
            out=tmp_path,
            metrics=metrics,
        )


def test_a_directory_of_something_else_is_left_alone(tmp_path: Path) -> None:
    """A file that is no part of a bundle is never deleted."""
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "thesis.txt").write_text("years", encoding="utf-8")
    with pytest.raises(TargetRefused, match=r"found thesis\.txt, expected a new directory or an earlier bundle"):
        make_bundle(tmp_path / "b")
    make_bundle(tmp_path / "c")
    (tmp_path / "c" / "thesis.txt").write_text("years", encoding="utf-8")
    with pytest.raises(TargetRefused, match=r"thesis\.txt"):
        make_bundle(tmp_path / "c")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(TargetRefused, match="found a file"):
        make_bundle(tmp_path / "file")


def test_an_empty_directory_will_do(tmp_path: Path) -> None:
    """As will one whose parents are not there yet."""
    (tmp_path / "b").mkdir()
    make_bundle(tmp_path / "b")
    make_bundle(tmp_path / "some" / "where")
    assert load_bundle(tmp_path / "b").digest == load_bundle(tmp_path / "some" / "where").digest


@pytest.mark.parametrize(
    ("onnx", "fault", "said"),
    [
        (linear([1.0] * 5, 0.0, nan_safe=True), BundleRefused, "expected probabilities"),
        (logistic([1.0] * 4, 0.0, nan_safe=True), BundleRefused, "found input x with 4 columns"),
        (logistic([1.0] * 5, 0.0), ModelFault, "rows NaN or infinite"),
    ],
)
def test_a_model_that_does_not_fit_leaves_nothing_behind(
    tmp_path: Path, onnx: bytes, fault: type[Exception], said: str
) -> None:
    """The fault is named, the target stays empty."""
    with pytest.raises(fault, match=said):
        make_bundle(tmp_path / "b", onnx=onnx)
    assert list(tmp_path.iterdir()) == []


def test_labels_of_one_class_are_refused(tmp_path: Path) -> None:
    """Nothing can be learnt from them."""
    text = contract_text()
    contract = read_contract(text)
    rows = reference_of(contract, matrix=rows_of(contract), times=np.arange(400, dtype=np.int64), labels=np.ones(400))
    with pytest.raises(ReferenceRefused, match="found 400 labelled rows with 1 different labels"):
        build_bundle(
            onnx=tiny_model(contract),
            contract=contract,
            contract_text=text,
            reference=rows,
            out=tmp_path / "b",
        )


def test_the_text_must_be_the_contracts(tmp_path: Path) -> None:
    """A bundle never holds another contract than the one it was built for."""
    contract = read_contract(contract_text())
    with pytest.raises(ContractRefused, match="says otherwise"):
        build_bundle(
            onnx=tiny_model(contract),
            contract=contract,
            contract_text=contract_text(version="2"),
            reference=reference_rows(contract),
            out=tmp_path / "b",
        )
