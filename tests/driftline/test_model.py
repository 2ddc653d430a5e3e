"""The model commands say what they found, and their exit codes can be relied on."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from driftline.model import app
from models.bundle import load_bundle
from tests.models.bundles import make_bundle, write_inputs

FEATURES: list[dict[str, Any]] = [
    {"name": "amount", "type": "float"},
    {"name": "weekend", "type": "bool"},
    {"name": "carrier", "type": "category", "categories": ["AA", "DL", "UA"]},
]


def run(*words: object) -> Result:
    """The command's exit code and what it wrote."""
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def inputs(tmp_path: Path) -> list[object]:
    """The words of a `build` that works."""
    write_inputs(tmp_path, FEATURES, onnx="m.onnx", reference="ref.parquet")
    named = {"--onnx": "m.onnx", "--contract": "contract.yaml", "--reference": "ref.parquet", "--out": "out"}
    return ["build", *(word for flag, name in named.items() for word in (flag, tmp_path / name))]


def test_build_makes_a_bundle_that_verifies(inputs: list[object], tmp_path: Path) -> None:
    """From the three files a user brings to exit 0."""
    built = run(*inputs, "--labels", "late", "--json")
    assert built.exit_code == 0, built.stderr
    said = json.loads(built.stdout)
    assert said["digest"] == load_bundle(tmp_path / "out").digest
    assert said["reference"]["rows"] == 400
    assert said["reference"]["first"] == "2013-03-01T00:00:00+00:00"
    assert said["calibrator"]["rows"] == 400
    checked = run("verify", tmp_path / "out", "--json")
    assert checked.exit_code == 0
    assert json.loads(checked.stdout)["verdict"] == "sound"


def test_build_without_labels_has_no_calibrator(inputs: list[object]) -> None:
    """It says none."""
    built = run(*inputs)
    assert built.exit_code == 0
    assert "calibrator: none\n" in built.stdout


def test_show_prints_plain_lines_where_nobody_watches(tmp_path: Path) -> None:
    """No frames, no colour; one line a fact and one a feature."""
    bundle = make_bundle(tmp_path / "b")
    shown = run("show", tmp_path / "b")
    assert shown.exit_code == 0
    lines = shown.stdout.splitlines()
    assert f"digest: {bundle.digest}" in lines
    assert "metrics.held_out_auc: 0.75" in lines
    assert any(line.startswith("feature=carrier type=category bins=3 missing=0") for line in lines)
    assert shown.stdout.isascii()


def test_show_draws_tables_on_a_terminal(tmp_path: Path) -> None:
    """A real one, of the operating system's making."""
    bundle = make_bundle(tmp_path / "b")
    ours, theirs = os.openpty()
    words = [sys.executable, "-c", "from driftline.model import app; app()", "show", str(tmp_path / "b")]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "NO_COLOR": "1"}
    with subprocess.Popen(words, stdout=theirs, stderr=theirs, env=environment) as child:
        os.close(theirs)
        seen = b""
        try:
            while more := os.read(ours, 65536):
                seen += more
        except OSError:
            pass  # Linux says EIO when the other end of a terminal has closed.
    os.close(ours)
    assert child.returncode == 0
    assert "│ carrier" in seen.decode()
    assert bundle.digest in seen.decode()
    assert not re.search(rb"\x1b\[[34]\d", seen)


def test_a_spoilt_bundle_is_refused_with_exit_one(tmp_path: Path) -> None:
    """Verify says which file, show cannot show it."""
    make_bundle(tmp_path / "b")
    with (tmp_path / "b" / "baseline.json").open("ab") as file:
        file.write(b" ")
    checked = run("verify", tmp_path / "b")
    assert checked.exit_code == 1
    assert checked.stderr.startswith(f"{tmp_path}/b/baseline.json: found ")
    assert "expected" in checked.stderr
    assert json.loads(run("verify", tmp_path / "b", "--json").stdout)["verdict"] == "refused"
    assert run("show", tmp_path / "b").exit_code == 2


@pytest.mark.parametrize("command", ["verify", "show"])
def test_no_directory_is_a_mistake_of_the_caller(tmp_path: Path, command: str) -> None:
    """Exit 2 and one line."""
    said = run(command, tmp_path / "none")
    assert said.exit_code == 2
    assert said.stderr.count("\n") == 1
    assert "none: found" in said.stderr


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("contract.yaml", b"model: [", "contract.yaml: not YAML"),
        ("contract.yaml", b"model: UP\n", "contract.yaml: version: Field required"),
        ("contract.yaml", b"\xff", "contract.yaml: found 'utf-8' codec"),
        ("m.onnx", b"junk", "m.onnx: model.onnx: found"),
        ("ref.parquet", b"junk", "ref.parquet: found no parquet file"),
        ("out", b"a file", "out: found a file, expected a new directory"),
    ],
)
def test_a_faulty_input_is_named_without_traceback(
    inputs: list[object], tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    """Exit 2, the file, what was found and expected."""
    (tmp_path / name).write_bytes(content)
    built = run(*inputs)
    assert built.exit_code == 2
    assert said in built.stderr
    assert "Traceback" not in built.stderr


def test_a_file_that_is_not_there_is_named(inputs: list[object], tmp_path: Path) -> None:
    """Exit 2."""
    (tmp_path / "m.onnx").unlink()
    built = run(*inputs)
    assert built.exit_code == 2
    assert "m.onnx" in built.stderr
    assert "No such file" in built.stderr
