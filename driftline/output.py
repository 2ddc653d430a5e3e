"""What driftline prints on a terminal, in a pipe and as JSON."""

import json
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

OK, FAILED, REFUSED = 0, 1, 2


class Refusal(Exception):
    """Something that a person can put right: what happened, why, and what to do.

    `code` is the exit code: 2 for a wrong command or configuration, 1 for a check or a process that failed.
    """

    def __init__(self, what: str, *, cause: str = "", fix: str = "", code: int = REFUSED) -> None:
        super().__init__(what)
        self.what = what
        self.cause = cause
        self.fix = fix
        self.code = code

    def __str__(self) -> str:
        said = [f"error: {self.what}"]
        said += [f"cause: {self.cause}"] if self.cause else []
        said += [f"fix: {self.fix}"] if self.fix else []
        return "\n".join(said)


def is_terminal() -> bool:
    """Whether standard output is a terminal, so that tables and colours make sense."""
    return sys.stdout.isatty()


def say(text: str) -> None:
    """Print one line of progress on standard error, so that standard output holds only data."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(Text(text))


def say_refusal(refusal: Refusal) -> None:
    """Print the refusal on standard error; the first word is red on a terminal."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    first, *rest = str(refusal).splitlines()
    console.print(Text.assemble(("error:", "bold red"), first.removeprefix("error:")))
    for line in rest:
        console.print(Text(line))


def show(text: str, style: str = "") -> None:
    """Print one line on standard output."""
    Console(highlight=False, soft_wrap=True).print(Text(text, style=style))


def show_json(value: Any) -> None:
    """Print `value` as one indented JSON document on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")


def show_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table: drawn on a terminal, columns padded with spaces in a pipe."""
    cells = [[str(cell) for cell in row] for row in rows]
    if is_terminal():
        table = Table(*headings)
        for row in cells:
            table.add_row(*(Text(cell) for cell in row))
        Console(highlight=False).print(table)
        return
    every = [list(headings), *cells]
    widths = [max(len(row[column]) for row in every) for column in range(len(headings))]
    for row in every:
        sys.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n")
