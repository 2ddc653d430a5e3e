"""The Markdown pages of the repository as their parts: links, anchors, command lines."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
OUTER = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)
ENDS = {"|", "||", "&", "&&", ";", ">", ">>", "<", "(", ")"}
"""What ends a command within a line of shell."""


def names() -> list[str]:
    """Every page that git holds, or would hold, by its path from the root."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"]
    said = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True)
    return sorted(name for name in said.stdout.split("\0") if name and (ROOT / name).is_file())


@cache
def tokens(text: str) -> list[Token]:
    """The tokens of a page, those within a paragraph among them."""
    found: list[Token] = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        found += [token, *(token.children or [])]
    return found


def links(text: str) -> list[str]:
    """Where links and pictures of a page lead to, those that leave the repository left out."""
    said = [str(token.attrGet("href") or token.attrGet("src") or "") for token in tokens(text)]
    return [unquote(one) for one in said if one and not OUTER.match(one)]


def anchors(text: str) -> set[str]:
    r"""What a link to a heading of the page may name, as GitHub makes it.

    >>> sorted(anchors("# What is `up`?\n\n## A, b\n\n## A, b"))
    ['a-b', 'a-b-1', 'what-is-up']
    """
    seen: dict[str, int] = {}
    found = set()
    every = tokens(text)
    for place, token in enumerate(every):
        if token.type == "heading_open":
            words = "".join(one.content for one in every[place + 1].children or [])
            slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
            found.add(f"{slug}-{seen[slug]}" if slug in seen else slug)
            seen[slug] = seen.get(slug, 0) + 1
    return found


def blocks(text: str) -> Iterator[str]:
    """Each line of shell that a page shows in a block, one that goes on after a backslash whole."""
    for token in tokens(text):
        if token.type in ("fence", "code_block"):
            yield from token.content.replace("\\\n", " ").splitlines()


def inline(text: str) -> Iterator[str]:
    """Each piece of code within a sentence."""
    yield from (" ".join(token.content.split()) for token in tokens(text) if token.type == "code_inline")


def commands(line: str, program: str) -> Iterator[list[str]]:
    """The words after each call of `program` in a line of shell; none where the line is no shell.

    >>> list(commands("$ A=1 driftline up --bundle x && .venv/bin/driftline down  # both", "driftline"))
    [['up', '--bundle', 'x'], ['down']]
    """
    reader = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars=True)
    reader.whitespace_split = True
    try:
        words = list(reader)
    except ValueError:  # an apostrophe: somebody's sentence, or what a command said
        return
    call: list[str] | None = None
    is_first = True
    for word in [*words, ";"]:
        if word in ENDS:
            if call is not None:
                yield call
            call, is_first = None, True
        elif call is not None:
            call.append(word)
        elif is_first and word.rsplit("/", 1)[-1] == program:
            call = []
        else:
            is_first = is_first and bool(re.match(r"^\w+=", word))
