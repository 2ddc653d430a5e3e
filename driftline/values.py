"""What an option of the command line may say: lengths of time, sizes of memory, addresses."""

import re
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

import typer

from schemas.durations import parse_duration


def horizon(text: str) -> timedelta:
    """A length of time such as 1h. Raises BadParameter."""
    try:
        found = parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if not found:
        raise typer.BadParameter("found no time at all, expected one such as 1h")
    return found


def alertmanager(text: str) -> str:
    """The address of an Alertmanager. Raises BadParameter."""
    said = urlsplit(text)
    if said.scheme not in {"http", "https"} or not said.hostname or "," in text:
        raise typer.BadParameter(f"found {text}, expected a URL such as http://127.0.0.1:9093")
    return text.rstrip("/")


def memory(text: str) -> str:
    """A size as Redis writes it, such as 512mb. Raises BadParameter."""
    if not re.fullmatch(r"[1-9][0-9]*[kmg]b", text.lower()):
        raise typer.BadParameter(f"found {text}, expected a size such as 512mb or 4gb")
    return text.lower()


AlertmanagersOption = Annotated[
    list[str] | None,
    typer.Option("--alertmanager", metavar="URL", parser=alertmanager, help="Post alerts there, too; may be repeated."),
]
