"""What `driftline doctor` looks at in schemas: that ours are where the services read them."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from driftline.output import Refusal
from driftline.patient import Patient, Skipped
from schemas.contracts import NAMES, latest
from schemas.source import DirectorySource, SourceUnavailable
from stream.faults import Stopped

if TYPE_CHECKING:
    from stream.kafka.registry import Registry


def schemas(patient: Patient) -> str:
    """Whether the registry that was named, else the stack's directory, holds our own schemas."""
    if patient.registry is not None:
        return _at(patient.registry, patient)
    path = patient.directory / "schemas"
    if patient.given_brokers and not path.is_dir():
        raise Skipped("no --registry was given, and no directory of schemas is here")
    return _in_directory(path)


def _at(url: str, patient: Patient) -> str:
    from stream.kafka.registry import Registry  # noqa: PLC0415 - a third of a second

    models = patient.models
    if not models:
        raise Skipped("no model named: give --model or --bundle")
    try:
        absent = list(lacking(Registry(url, patient.registry_config), models, patient.prefix))
    except Stopped as stopped:
        raise Refusal(stopped.what, cause=stopped.cause, fix=stopped.fix) from stopped
    if absent:
        fix = f"`driftline prepare --registry {url}` registers them"
        raise Refusal("our own schemas are not registered", cause="; ".join(absent), fix=fix)
    return f"ours for {', '.join(models)} are registered at {url}"


def lacking(registry: "Registry", models: Iterable[str], prefix: str) -> Iterator[str]:
    """Which schemas of ours the services of `models` would not find there, in the registry's words.

    Raises Stopped when it cannot be asked.
    """
    from driftline.prepare import subjects  # noqa: PLC0415 - half a second

    for model in models:
        for subject, (schema, _) in subjects(model, prefix, None).items():
            try:
                registry.id_of(subject, schema, register=False)
            except Stopped as stopped:
                if not stopped.cause:  # nobody answers: asking for the others would only take as long again
                    raise
                yield stopped.what


def _in_directory(path: Path) -> str:
    source = DirectorySource(path)
    try:
        ids = source.ids()
        known = [source.by_id(schema_id) for schema_id in ids]
    except SourceUnavailable as error:
        raise Refusal(str(error), cause="a file there is damaged or not ours to read", fix=f"repair {path}") from error
    missing = [name for name in NAMES if latest(name) not in known]
    if missing:
        cause = f"{path} lacks {', '.join(missing)}"
        raise Refusal("our own schemas are not registered", cause=cause, fix="`driftline up` registers them")
    return f"{len(ids)} in {path}, ours among them"
