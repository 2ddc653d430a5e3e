"""`driftline schema`: check that schemas stay compatible, and add one's own to the local stack."""

import json
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from driftline.where import STATE, JsonOption, StateOption
from schemas.compatibility import check_transitive
from schemas.contracts import NAMES, versions
from schemas.examples import check_golden
from schemas.framing import frame
from schemas.lint import SchemaRefused, read_schema
from schemas.source import DirectorySource, SourceUnavailable

app = typer.Typer(help="Check Avro schemas, and add yours to the local stack.", no_args_is_help=True)


@app.command()
def check(
    files: Annotated[list[Path] | None, typer.Argument(help="Versions of your own schema, oldest first.")] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Check FULL_TRANSITIVE compatibility: of driftline's own kept versions, or of the files given.

    Exit code 1 names the first incompatibility; 2 means that a file cannot be read.
    """
    try:
        faults, checked = _check_files(files) if files else _check_own()
    except SchemaRefused as refused:
        _stop(str(refused))
    if as_json:
        typer.echo(json.dumps({"compatible": not faults, "checked": checked, "faults": faults}))
    elif faults:
        typer.echo(f"incompatible: {faults[0]}", err=True)
    else:
        typer.echo(f"compatible: {', '.join(checked)}")
    raise typer.Exit(1 if faults else 0)


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="An Avro schema (.avsc).")],
    *,
    state: StateOption = STATE,
    as_json: JsonOption = False,
) -> None:
    """Give a schema an id in the local stack, and print the five bytes that go before its messages."""
    schema = _read(file)
    try:
        read_schema(schema)
        schema_id = DirectorySource(state / "schemas").add(schema)
    except (SchemaRefused, SourceUnavailable, OSError) as error:
        _stop(f"{file}: {error}")
    if as_json:
        typer.echo(json.dumps({"id": schema_id, "prefix": frame(schema_id).hex()}))
    else:
        typer.echo(f"id {schema_id}, prefix {frame(schema_id).hex(' ')}")


@app.command(name="list")
def list_schemas(*, state: StateOption = STATE, as_json: JsonOption = False) -> None:
    """List the schemas of the local stack."""
    source = DirectorySource(state / "schemas")
    try:
        found = [{"id": one, "name": _name(source.by_id(one)), "prefix": frame(one).hex()} for one in source.ids()]
    except SourceUnavailable as error:
        _stop(str(error))
    if as_json:
        typer.echo(json.dumps(found))
    elif not found:
        typer.echo(f"no schemas in {state / 'schemas'}: `driftline schema add FILE` adds one")
    else:
        for one in found:
            typer.echo(f"{one['id']:>5}  {one['prefix']}  {one['name']}")


def _check_own() -> tuple[list[str], list[str]]:
    faults = [
        fault
        for name in NAMES
        for fault in check_transitive([(f"{name}.v{at}", one) for at, one in enumerate(versions(name), start=1)])
    ]
    checked = [f"{name}.v{at}" for name in NAMES for at, _ in enumerate(versions(name), start=1)]
    return faults + check_golden(), checked


def _check_files(files: list[Path]) -> tuple[list[str], list[str]]:
    if len(files) == 1:
        _stop(f"found one file, {files[0]}; expected two or more versions of a schema, oldest first")
    return check_transitive([(str(file), _read(file)) for file in files]), [str(file) for file in files]


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        _stop(f"{file}: {error}; expected an Avro schema as JSON")


def _name(schema: object) -> str:
    return str(schema.get("name", "?")) if isinstance(schema, dict) else "?"


def _stop(message: str) -> NoReturn:
    typer.echo(f"driftline schema: {message}", err=True)
    raise typer.Exit(2)
