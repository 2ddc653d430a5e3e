"""`driftline init`: a whole small model to start from, every file of it to be replaced by one's own."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from driftline.output import Refusal, show
from schemas.contracts import latest

app = typer.Typer()

NEXT = """
Put your own model.onnx, contract.yaml, reference.parquet and event.avsc in their place. Then:
  driftline model build --onnx {0}/model.onnx --contract {0}/contract.yaml \\
    --reference {0}/reference.parquet --labels fraud --out {0}/bundle
  driftline up --bundle {0}/bundle --detach"""


@app.command()
def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A directory to be made.")],
) -> None:
    """Write a working example of a model into a new directory."""
    if directory.exists():
        raise Refusal(f"{directory} is already there", fix="name a directory that does not exist yet")
    directory.mkdir(parents=True)
    for file in sorted(files("driftline").joinpath("example").iterdir(), key=lambda one: one.name):
        (directory / file.name.removesuffix(".txt")).write_bytes(file.read_bytes())
    for name in ("prediction", "label"):
        (directory / f"{name}.avsc").write_text(json.dumps(latest(name), indent=2) + "\n", encoding="utf-8")
    for path in sorted(directory.iterdir()):
        show(f"written: {path}")
    show(NEXT.format(directory))
