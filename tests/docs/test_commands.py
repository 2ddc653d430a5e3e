"""What the pages tell a reader to type exists: commands with their options, and make's targets."""

import doctest
import re
from collections.abc import Sequence
from typing import Any

import pytest
import typer

from driftline.__main__ import COMMANDS, command_line
from tests.docs import pages
from tests.docs.pages import ROOT, blocks, commands, inline, names

TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))


def found(words: Sequence[str]) -> tuple[Any, list[str]]:
    """The command that the words begin with, and what they give it; it is None where there is no such command."""
    command: Any = typer.main.get_command(command_line(words[0]))
    rest = list(words)
    while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        command, *rest = command.commands.get(rest[0]), *rest[1:]
    return command, rest


def options(command: Any) -> set[str]:
    """Every option that a command takes."""
    return {"--help", *(one for param in command.params for one in (*param.opts, *param.secondary_opts))}


def fault(words: Sequence[str]) -> str:
    """What is wrong with a call, by the real parser: nothing is run."""
    if not words or words[0] not in {*COMMANDS, "--help", "--version"}:
        return f"no command {' '.join(words[:1])}"
    command, rest = found(words)
    if command is None:
        return f"no command {' '.join(words)}"
    if unknown := [one for one in rest if one.startswith("-") and one.partition("=")[0] not in options(command)]:
        return f"no option {' '.join(unknown)} of {words[0]}"
    if hasattr(command, "commands") or "--help" in rest:
        return ""
    try:
        command.make_context(words[0], rest)
    except Exception as error:  # noqa: BLE001 - whatever a parser has against it
        return f"{' '.join(words)}: {error}"
    return ""


@pytest.mark.parametrize("name", names())
def test_command_lines_in_blocks_are_parsed(name: str) -> None:
    """With every argument and value; upper-case words stand for a reader's own."""
    text = (ROOT / name).read_text(encoding="utf-8")
    calls = [call for line in blocks(text) for call in commands(line, "driftline")]
    assert [said for call in calls if (said := fault(call))] == []


def test_the_examples_of_reading_hold() -> None:
    """Those that stand beside the functions."""
    found = doctest.testmod(pages)
    assert found.attempted > 1
    assert found.failed == 0


def test_the_first_page_and_the_guides_show_command_lines() -> None:
    """A reader of pages that sees none would find no fault in any."""
    shown = [
        call[0]
        for name in names()
        for line in blocks((ROOT / name).read_text(encoding="utf-8"))
        for call in commands(line, "driftline")
    ]
    assert len(shown) > 50
    assert {"up", "init", "ledger", "dlq", "drift"} <= set(shown)


@pytest.mark.parametrize("name", names())
def test_commands_in_sentences_exist(name: str) -> None:
    """They may leave arguments out, or name several by `|`: what is named before that exists, and so do options."""
    lost = []
    for piece in inline((ROOT / name).read_text(encoding="utf-8")):
        for call in filter(None, commands(piece, "driftline")):
            command, rest = found(call) if call[0] in COMMANDS else (None, [])
            unknown = command is None or {one for one in rest if one.startswith("--")} - options(command)
            lost += [piece] if unknown else []
    assert lost == []


@pytest.mark.parametrize("name", names())
def test_targets_of_make_exist(name: str) -> None:
    """In blocks and sentences."""
    text = (ROOT / name).read_text(encoding="utf-8")
    calls = [call for line in (*blocks(text), *inline(text)) for call in commands(line, "make")]
    assert {call[0] for call in calls if call and re.match(r"^[a-z]", call[0])} - TARGETS == set()


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("driftline up --bundle shop/bundle --detach", ""),
        ("driftline dlq redrive 11:27 --value-file fixed.bin", ""),
        ("driftline fly", "no command fly"),
        ("driftline dlq fly", "no command dlq fly"),
        ("driftline up --fast", "no option --fast of up"),
        ("driftline why", "Missing parameter: event_id"),
        ("driftline tail predictions -n none", "-n"),
    ],
)
def test_a_wrong_line_is_seen(line: str, wrong: str) -> None:
    """By name, option, missing argument and value."""
    (call,) = commands(line, "driftline")
    assert wrong in fault(call)
    assert bool(wrong) == bool(fault(call))
