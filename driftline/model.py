"""The model commands: build, sign, verify and show a bundle."""

import json
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from driftline.model_view import checks_of, lines_of, print_view, view_of
from driftline.where import JsonOption
from models.build import build_bundle
from models.bundle import Bundle, BundleRefused, load_bundle, read_bundle
from models.contract import ContractRefused, read_contract
from models.fitting.target import TargetRefused
from models.manifest import SIGNATURE
from models.reference import ReferenceRefused, load_reference
from models.safety.keys import KeyUnusable, signature_by
from models.safety.trial import tried
from models.session import ModelFault
from models.verify import proven

REFUSED, UNUSABLE = 1, 2

app = typer.Typer(name="model", help="Build, sign, verify and show model bundles.", no_args_is_help=True)

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="The bundle's directory.")]


@app.command()
def build(
    *,
    onnx: Annotated[Path, typer.Option(help="The ONNX model.")],
    contract: Annotated[Path, typer.Option(help="The contract, a YAML file.")],
    reference: Annotated[Path, typer.Option(help="Held-out rows, a parquet file of the contract's fields.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the bundle goes.")],
    labels: Annotated[str | None, typer.Option(help="The column of the truth, for the calibrator.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Build a bundle from a model, its contract and held-out reference rows."""
    model, text = _bytes(onnx), _text(contract)
    try:
        terms = read_contract(text, where=str(contract))
        rows = load_reference(reference, terms, labels=labels)
        tried(model, terms)  # what a scorer would refuse is not worth a bundle
        made = build_bundle(onnx=model, contract=terms, contract_text=text, reference=rows, out=out)
    except (ContractRefused, ReferenceRefused, TargetRefused) as error:
        _stop(str(error), UNUSABLE)
    except (BundleRefused, ModelFault) as error:
        _stop(f"{onnx}: {error}", UNUSABLE)
    except OSError as error:
        _stop(f"{out}: found {error}, expected a place to write; choose another --out", UNUSABLE)
    _report(out, made, as_json=as_json)


@app.command()
def sign(
    directory: Directory,
    *,
    key: Annotated[Path, typer.Option(help="Your private key: PEM, an elliptic curve, no password.")],
    as_json: JsonOption = False,
) -> None:
    """Sign a bundle that verifies; its digest stays the same. Exit 1 when it must not be used."""
    try:
        sealed = read_bundle(directory)
        signature = signature_by(key, sealed)
        proven(directory, digest=sealed.digest)
        (directory / SIGNATURE).write_bytes(signature)
    except KeyUnusable as error:
        _stop(str(error), UNUSABLE)
    except BundleRefused as error:
        _stop(str(error), REFUSED)
    except OSError as error:
        _stop(f"{directory}: found {error}, expected a place to write {SIGNATURE}; make it writable", UNUSABLE)
    _say({"signature": str(directory / SIGNATURE), "digest": sealed.digest, "signed_by": str(key)}, as_json=as_json)


@app.command("verify")
def verify_command(
    directory: Directory,
    *,
    key: Annotated[Path | None, typer.Option(help="The owner's public key (PEM) that must have signed it.")] = None,
    digest: Annotated[str | None, typer.Option(help="The only bundle to accept, by its digest.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Check every byte, the signature, the model in a child process, its answers; exit 1 when it must not be used."""
    if not directory.is_dir():
        _stop(f"{directory}: found no directory, expected a bundle; check the path", UNUSABLE)
    try:
        proof = proven(directory, key=key, digest=digest)
    except KeyUnusable as error:
        _stop(str(error), UNUSABLE)
    except BundleRefused as error:
        if as_json:
            typer.echo(json.dumps({"bundle": str(directory), "verdict": "refused", "cause": str(error)}))
        _stop(str(error), REFUSED)
    bundle = proof.bundle
    said: dict[str, Any] = {"bundle": str(directory), "verdict": "sound", "digest": bundle.digest}
    _say(said | {"golden_rows": len(bundle.golden.scores), "checks": checks_of(proof, digest)}, as_json=as_json)


@app.command()
def show(directory: Directory, *, as_json: JsonOption = False) -> None:
    """Show what a bundle holds: the model, its reference, its metrics and its features."""
    try:
        bundle = load_bundle(directory)
    except BundleRefused as error:
        _stop(str(error), UNUSABLE)
    _report(directory, bundle, as_json=as_json)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        _stop(f"{path}: found {error.strerror}, expected a readable file; check the path", UNUSABLE)


def _text(path: Path) -> str:
    try:
        return _bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        _stop(f"{path}: found {error}, expected UTF-8 text; save it as such", UNUSABLE)


def _report(directory: Path, bundle: Bundle, *, as_json: bool) -> None:
    view: dict[str, Any] = view_of(directory, bundle)
    if as_json:
        typer.echo(json.dumps(view))
    else:
        print_view(view)


def _say(said: dict[str, Any], *, as_json: bool) -> None:
    typer.echo(json.dumps(said) if as_json else "\n".join(lines_of(said)))


def _stop(message: str, code: int) -> NoReturn:
    """Leave with one message on standard error."""
    typer.echo(message, err=True)
    raise typer.Exit(code)
