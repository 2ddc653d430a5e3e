"""Puts the tables of the last runs into docs/performance.md, between the marks that name each run."""

import re
from pathlib import Path
from typing import Any

from load.bench.race import say
from load.bench.rig.figures import kept

PAGE = Path("docs/performance.md")
MARKED = re.compile(r"(<!-- run: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def page(text: str) -> str:
    """The page with each run's tables, settings and noise; a run that was not kept stays as it stands."""

    def replaced(found: re.Match[str]) -> str:
        try:
            said, tables = kept(found[2])
        except FileNotFoundError:
            return found[0]
        shown = "\n\n".join("\n".join(one.markdown()) for one in tables if one.rows)
        return f"{found[1]}{shown}\n\n{conditions(said)}\n{found[3]}"

    return MARKED.sub(replaced, text)


def conditions(said: dict[str, Any]) -> str:
    """What a run stood on, in a paragraph."""
    lines = [f"{name}: {value}" for name, value in said.get("settings", {}).items()]
    for when, noise in said.get("noise", {}).items():
        told = ", ".join(f"{name} {value:.2f}" for name, value in noise.items())
        lines.append(f"the same millisecond of work {when} the run, ms: {told}")
    return "\n".join(f"- {line}" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    say(f"written: {PAGE}")
