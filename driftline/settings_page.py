"""What every service can be told, from the fields of its settings, as the Markdown page docs/settings.md."""

import ast
import inspect
import sys
import textwrap
import typing
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from types import NoneType
from typing import Any, Literal

from pydantic.fields import FieldInfo

from schemas.durations import UNITS
from services.drift.settings import Settings as Drift
from services.labeler.settings import Settings as Labeler
from services.notifier.settings import Settings as Notifier
from services.scorer.settings import Settings as Scorer
from services.start.settings import ServiceSettings

SERVICES: Mapping[str, type[ServiceSettings]] = {
    "scorer": Scorer,
    "labeler": Labeler,
    "drift": Drift,
    "notifier": Notifier,
}
KINDS: Mapping[Any, str] = {
    Path: "a path",
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    timedelta: "a length of time, such as 36h",
}
LIMITS = (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("lt", "less than"), ("pattern", "matching"))


def page() -> str:
    """The whole page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Settings"
    yield ""
    yield "What each service can be told, as environment variables; an unknown one with its prefix is an error."
    yield "Written by `python -m driftline.settings_page > docs/settings.md`; a test compares."
    yield ""
    yield "## Every service"
    yield ""
    yield f"`*_` stands for {', '.join(f'`{_prefix(one)}`' for one in SERVICES.values())}."
    yield ""
    yield from _table("*_", ServiceSettings, set(ServiceSettings.model_fields))
    for name, settings in SERVICES.items():
        own = {field for field in settings.model_fields if field in _annotated(settings)}
        yield from ("", f"## {name}", "", f"{inspect.getdoc(settings)} `python -m services.{name}`.", "")
        yield from _table(_prefix(settings), settings, own)


def _prefix(settings: type[ServiceSettings]) -> str:
    return str(settings.model_config.get("env_prefix", ""))


def _annotated(settings: type[ServiceSettings]) -> set[str]:
    """The fields that a class says itself: its own, and those that it says otherwise than all services."""
    return set(vars(settings).get("__annotations__", {}))


def _table(prefix: str, settings: type[ServiceSettings], names: set[str]) -> Iterator[str]:
    meanings = _meanings(settings)
    yield "| variable | is | if not said | means |"
    yield "|---|---|---|---|"
    for name, field in settings.model_fields.items():
        if name in names:
            cells = (f"`{prefix}{name.upper()}`", _kind(field), _default(field), meanings[name])
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _meanings(settings: type[ServiceSettings]) -> dict[str, str]:
    """The sentence below each field. Raises KeyError, where it is looked up, for a field without one."""
    body = ast.parse(textwrap.dedent(inspect.getsource(settings))).body[0]
    assert isinstance(body, ast.ClassDef)  # noqa: S101 - the source of a class is one
    found: dict[str, str] = {}
    for field, after in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            found[ast.unparse(field.target)] = " ".join(str(after.value.value).split())
    return found


def _kind(field: FieldInfo) -> str:
    limits = {
        name: value for one in (*field.metadata, *_within(field.annotation)) for name, value in _said(one).items()
    }
    bounds = [f"{word} {_plain(limits[name])}" for name, word in LIMITS if limits.get(name) is not None]
    return ", ".join([_type(field.annotation), *bounds])


def _within(annotation: Any) -> Iterator[Any]:
    """What is said of a type within another: of a text that may be left out."""
    for one in typing.get_args(annotation):
        if typing.get_origin(one) is typing.Annotated:
            for more in typing.get_args(one)[1:]:
                yield from getattr(more, "metadata", [more])


def _said(limit: Any) -> Mapping[str, Any]:
    return {name: getattr(limit, name) for name, _ in LIMITS if hasattr(limit, name)}


def _type(annotation: Any) -> str:
    """A type in words; what may be left out is what it is where it is said."""
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        return "one of " + ", ".join(f"`{one}`" for one in args)
    if origin is typing.Annotated:
        return _type(args[0])
    if origin is tuple:
        return "a JSON list"
    if NoneType in args:
        return _type(next(one for one in args if one is not NoneType))
    return KINDS.get(annotation, str(annotation))


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**must be said**"
    return "" if field.default in (None, "", ()) else f"`{_plain(field.default)}`".replace(",", "")


def _plain(value: Any) -> str:
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        unit = next((one for one in reversed(UNITS) if seconds and seconds % UNITS[one] == 0), "s")
        return f"{seconds / UNITS[unit]:g}{unit}"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:,}" if isinstance(value, int) else str(value)


if __name__ == "__main__":
    sys.stdout.write(page())
