"""Verification finds a bundle that no longer answers as it was built."""

import json
from pathlib import Path

import pytest

from models.bundle import BundleRefused
from models.verify import verify
from tests.models.bundles import resealed
from tests.models.onnx_bytes import logistic


def test_verify_runs_the_golden_rows(sound: Path) -> None:
    """A sound bundle gives a session that answers as built."""
    bundle, session = verify(sound)
    assert len(bundle.golden.scores) == 64
    assert session.score(bundle.golden.matrix) == pytest.approx(bundle.golden.scores, rel=1e-5)


def test_verify_names_the_first_golden_row_that_differs(copied: Path) -> None:
    """Found and expected are in the message."""
    lines = (copied / "golden.jsonl").read_text(encoding="utf-8").splitlines()
    changed = json.loads(lines[4])
    changed["scores"] = [changed["scores"][0] + 0.001]
    lines[4] = json.dumps(changed)
    resealed(copied, {"golden.jsonl": "\n".join(lines).encode()})
    with pytest.raises(BundleRefused, match=r"golden\.jsonl: row 5: found \[0\.\d+\], expected \[0\.\d+\]"):
        verify(copied)


@pytest.mark.parametrize(
    ("onnx", "said"),
    [
        (b"no model", "model.onnx: found .* expected a model onnxruntime can load"),
        (logistic([1.0], 0.0), "found input x with 1 columns"),
        (logistic([1.0] * 5, 0.0), "golden.jsonl: found tiny: found .* rows NaN"),
        (logistic([1.0] * 5, 0.0, nan_safe=True), "golden.jsonl: row 1: found"),
    ],
)
def test_verify_refuses_another_model(copied: Path, onnx: bytes, said: str) -> None:
    """One that does not load, does not fit, fails or answers otherwise."""
    resealed(copied, {"model.onnx": onnx})
    with pytest.raises(BundleRefused, match=said):
        verify(copied)
