"""`driftline init`: the example it writes is whole, is what its source makes, builds into a bundle."""

import io
from importlib.resources import files
from pathlib import Path

import pyarrow.parquet as pq
from typer.testing import CliRunner

from driftline.__main__ import command_line
from models.build import build_bundle
from models.contract import load_contract
from models.reference import load_reference
from models.verify import verify
from tests.driftline.example_source import example_model, example_reference

EXAMPLE = files("driftline").joinpath("example")


def test_the_example_is_what_its_source_makes() -> None:
    """The committed model and rows can be made again from seed."""
    assert EXAMPLE.joinpath("model.onnx").read_bytes() == example_model()
    kept = pq.read_table(io.BytesIO(EXAMPLE.joinpath("reference.parquet").read_bytes()))
    assert kept.equals(pq.read_table(io.BytesIO(example_reference())))


def test_init_writes_what_a_bundle_needs(tmp_path: Path) -> None:
    """Everything is there, and the bundle it builds gives the answers it was built with."""
    target = tmp_path / "shop"
    ran = CliRunner().invoke(command_line("init"), ["init", str(target)])
    assert ran.exit_code == 0
    assert {path.name for path in target.iterdir()} == {
        "contract.yaml", "event.avsc", "model.onnx", "reference.parquet",
        "produce.py", "consume.py", "label.py", "prediction.avsc", "label.avsc",
    }  # fmt: skip
    contract = load_contract(target / "contract.yaml")
    build_bundle(
        onnx=(target / "model.onnx").read_bytes(),
        contract=contract,
        contract_text=(target / "contract.yaml").read_text(encoding="utf-8"),
        reference=load_reference(target / "reference.parquet", contract, labels="fraud"),
        out=target / "bundle",
    )
    bundle, _ = verify(target / "bundle")
    assert bundle.calibrator is not None


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    """A directory that is there is refused."""
    ran = CliRunner().invoke(command_line("init"), ["init", str(tmp_path)])
    assert ran.exception is not None
    assert "already there" in str(ran.exception)
