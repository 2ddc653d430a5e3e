"""A virtual environment that one benchmark has for itself, made from hash-pinned requirements where it is missing."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from load.bench.race import say

ROOT = Path(__file__).parents[2]
SWITCHED_OFF = {"NML_DISABLE_USAGE_LOGGING": "1"}
"""Usage reports: nothing here speaks to anyone."""


def python_of(name: str) -> Path:
    """The Python of .venv-`name`, in which requirements/`name`.txt is installed as it is pinned now."""
    wanted, where = ROOT / "requirements" / f"{name}.txt", ROOT / f".venv-{name}"
    python, mark = where / "bin" / "python", where / ".ready"
    if not mark.is_file() or mark.read_bytes() != wanted.read_bytes():
        say(f"{name}: installing requirements/{name}.txt in {where.name}, once")
        shutil.rmtree(where, ignore_errors=True)
        venv.create(where, with_pip=False)
        uv = Path(sys.executable).parent / "uv"
        command: list[str | Path] = [
            uv,
            "pip",
            "install",
            "--quiet",
            "--python",
            python,
            "--require-hashes",
            "-r",
            wanted,
        ]
        subprocess.run(command, check=True)
        mark.write_bytes(wanted.read_bytes())
    return python


def run_in(name: str, script: Path, *words: str | Path) -> None:
    """Run a script of `load/bench/peers` there. Raises CalledProcessError where it fails."""
    command = [python_of(name), "-W", "ignore", script, *words]
    subprocess.run(command, check=True, env={**os.environ, **SWITCHED_OFF})
