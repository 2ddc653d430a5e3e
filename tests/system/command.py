"""The `driftline` command as a user has it: the console script beside this Python."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SCRIPT = Path(sys.executable).parent / "driftline"


def driftline(*words: object, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """Run the command in `cwd`; what it says comes back."""
    command = [str(SCRIPT), *(str(word) for word in words)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)


def said(*words: object, cwd: Path) -> Any:
    """The JSON that a command which succeeds prints."""
    ran = driftline(*words, "--json", cwd=cwd)
    assert ran.returncode == 0, ran.stderr + ran.stdout
    return json.loads(ran.stdout)
