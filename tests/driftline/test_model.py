"""The model commands say what they found, and their exit codes can be relied on."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from typer.testing import CliRunner, Result

from driftline.model import app
from models.bundle import load_bundle
from tests.models.bundles import make_bundle, resealed, write_inputs
from tests.models.onnx_bytes import logistic
from tests.models.safety.hostile import endless

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
    assert (said["ood"]["rate"], said["ood"]["rows"]) == (0.01, 400)
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


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A private key and its public half, as `openssl ecparam` and `openssl ec` write them."""
    folder = tmp_path_factory.mktemp("keys")
    private = ec.generate_private_key(ec.SECP256R1())
    pem, kind = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    (folder / "private.pem").write_bytes(private.private_bytes(pem, kind, serialization.NoEncryption()))
    public = private.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    (folder / "public.pem").write_bytes(public)
    return folder / "private.pem", folder / "public.pem"


def test_a_bundle_is_signed_and_its_signature_verified(tmp_path: Path, keys: tuple[Path, Path]) -> None:
    """Everything that was checked is said, with what came out."""
    bundle = make_bundle(tmp_path / "b")
    private, public = keys
    made = run("sign", tmp_path / "b", "--key", private)
    assert made.exit_code == 0, made.stderr
    assert f"signature: {tmp_path}/b/manifest.sig\ndigest: {bundle.digest}\n" in made.stdout
    checked = run("verify", tmp_path / "b", "--key", public, "--digest", bundle.digest, "--json")
    assert checked.exit_code == 0, checked.stderr
    checks = json.loads(checked.stdout)["checks"]
    assert list(checks) == ["files", "signature", "digest", "graph", "trial", "golden"]
    assert checks["signature"] == f"good, by {public}"
    assert checks["digest"] == "the one pinned"
    assert checks["graph"].startswith("5 nodes of Add, IsNaN, MatMul, Sigmoid, Where")
    plain = run("verify", tmp_path / "b")
    assert "checks.signature: not asked for" in plain.stdout
    assert "checks.golden: 64 rows as expected" in plain.stdout


def test_what_was_not_asked_to_be_served_is_refused_with_exit_one(tmp_path: Path, keys: tuple[Path, Path]) -> None:
    """Unsigned, or another than the one pinned; the cause is on standard error and in the JSON."""
    make_bundle(tmp_path / "b")
    for words, said in (
        (("--key", keys[1]), "manifest.sig: found no signature"),
        (("--digest", "0" * 64), "expected 0000"),
    ):
        checked = run("verify", tmp_path / "b", *words, "--json")
        assert checked.exit_code == 1
        assert said in checked.stderr
        assert said in json.loads(checked.stdout)["cause"]


def test_a_key_that_is_none_is_a_mistake_of_the_caller(tmp_path: Path, keys: tuple[Path, Path]) -> None:
    """Exit 2 and one line, to sign as to verify; nothing is written."""
    make_bundle(tmp_path / "b")
    for command, key in (("sign", keys[1]), ("verify", keys[0]), ("sign", tmp_path / "none.pem")):
        said = run(command, tmp_path / "b", "--key", key)
        assert said.exit_code == 2
        assert said.stderr.startswith(f"{key}: found ")
        assert said.stderr.count("\n") == 1
    assert not (tmp_path / "b" / "manifest.sig").exists()


def test_what_must_not_be_used_is_not_signed(tmp_path: Path, keys: tuple[Path, Path]) -> None:
    """A model that answers otherwise than it was built to."""
    make_bundle(tmp_path / "b")
    resealed(tmp_path / "b", {"model.onnx": logistic([1.0] * 5, 0.0, nan_safe=True)})
    said = run("sign", tmp_path / "b", "--key", keys[0])
    assert said.exit_code == 1
    assert "golden.jsonl: row 1: found" in said.stderr
    assert not (tmp_path / "b" / "manifest.sig").exists()


def test_a_model_that_a_scorer_would_refuse_is_not_built(inputs: list[object], tmp_path: Path) -> None:
    """The person who can change it hears of it, with what the contract must declare."""
    (tmp_path / "m.onnx").write_bytes(endless())
    built = run(*inputs)
    assert built.exit_code == 2
    assert "found operator 'Loop', which runs a graph of its own" in built.stderr
    assert not (tmp_path / "out").exists()
