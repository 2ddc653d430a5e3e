"""Revisions of this project as directories: a commit is checked out under out/gate, `.` is the tree as it stands."""

import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from load.bench.players.ours import ours
from load.bench.players.systems import Run, System

ROOT = Path(__file__).parents[3]
TREES = ROOT / "out" / "gate"
ROWS = 500
"""A batch holds at most so many, a quarter of the default: what a batch costs whatever its rows is then seen too."""
SLOWED = Path(__file__).with_name("slowed.py")


def tree(revision: str) -> Path:
    """Where that revision's files are. Raises SystemExit when there is no such commit."""
    if revision == ".":
        return ROOT
    commit = _git("rev-parse", "--verify", f"{revision}^{{commit}}")
    path = TREES / commit[:12]
    if not path.exists():
        _git("worktree", "add", "--detach", str(path), commit)
    return path


def remove(path: Path) -> None:
    """Give up a tree that `tree` made."""
    if path != ROOT:
        _git("worktree", "remove", "--force", str(path))


def _git(*words: str) -> str:
    ran = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607 - by PATH
    if ran.returncode:
        raise SystemExit(f"git {' '.join(words)}: {ran.stderr.strip()}")
    return ran.stdout.strip()


def side(name: str, path: Path, *, slowed_millis: float = 0.0) -> System:
    """The scorer of the tree at `path`, on this tree's libraries; it rests so long a batch where that is asked for."""
    start = partial(_scorer, path=path, slowed_millis=slowed_millis)
    return System(tag=f"side-{name.lower()}", name=name, delivery="exactly_once", start=start, answers="ours")


def _scorer(run: Run, *, path: Path, slowed_millis: float) -> tuple[list[str], Mapping[str, str]]:
    _, told = ours(run, batch_rows=ROWS)
    # -P keeps the directory we are in, another revision, out of the path.
    what = [str(SLOWED)] if slowed_millis else ["-m", "services.scorer"]
    return [sys.executable, "-P", *what], {**told, "PYTHONPATH": str(path), "SLOWED_MILLIS": str(slowed_millis)}
