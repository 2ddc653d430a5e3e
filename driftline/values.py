"""What an option of the command line may say: lengths of time, sizes of memory."""

import re
from datetime import timedelta

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


def memory(text: str) -> str:
    """A size as Redis writes it, such as 512mb. Raises BadParameter."""
    if not re.fullmatch(r"[1-9][0-9]*[kmg]b", text.lower()):
        raise typer.BadParameter(f"found {text}, expected a size such as 512mb or 4gb")
    return text.lower()
