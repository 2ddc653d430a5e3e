"""What is known about a running stack, kept in STATE/stack.json."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from driftline.output import FAILED, Refusal


class Kept(BaseModel):
    """Something that is written to disk: frozen, and a key nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Process(Kept):
    """A process by its pid and the moment it began, so that a pid used again is not taken for it."""

    pid: int
    began: str

    @classmethod
    def of(cls, pid: int) -> Self:
        """Identify the process that has `pid` now."""
        return cls(pid=pid, began=began_of(pid) or "")

    def is_alive(self) -> bool:
        """Whether this very process still runs."""
        return began_of(self.pid) == self.began


class Member(Kept):
    """One process of the stack; `ready_url` is None for what has no admin port."""

    name: str
    process: Process
    address: str
    log: Path
    ready_url: str | None = None


class StackState(Kept):
    """The whole stack: who supervises it, where Kafka is, where Redis if anybody needs it, what runs, with what."""

    phase: Literal["starting", "ready"]
    supervisor: Process
    brokers: str
    prefix: str
    models: tuple[str, ...]
    members: tuple[Member, ...]
    redis: str | None = None
    bundles: tuple[Path, ...] = ()


def state_file(directory: Path) -> Path:
    """Where the state of the stack in `directory` is kept."""
    return directory / "stack.json"


def read_state(directory: Path) -> StackState | None:
    """The state kept in `directory`, None where no stack was started or it was stopped.

    Raises Refusal when the file cannot be read.
    """
    path = state_file(directory)
    try:
        return StackState.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise Refusal(
            f"{path} cannot be read",
            cause=str(error).splitlines()[0],
            fix="stop what still runs (`driftline down` of the version that wrote it), then remove the file",
            code=FAILED,
        ) from error


def write_state(directory: Path, state: StackState) -> None:
    """Replace the state in one step."""
    path = state_file(directory)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    draft.write_text(state.model_dump_json(indent=2) + "\n", encoding="utf-8")
    draft.replace(path)


def began_of(pid: int) -> str | None:
    """When the process that has `pid` began, in the system's own words; None when there is none.

    A zombie counts as gone. Where neither /proc nor ps says when it began, the answer is "".
    """
    if sys.platform == "linux":
        return _began_by_proc(pid)
    elif sys.platform == "win32":  # noqa: RET505 - mypy calls what follows a platform's return unreachable
        return _exists(pid)
    else:
        return _began_by_ps(pid)


def _began_by_proc(pid: int) -> str | None:
    try:
        # The name, in brackets, may hold spaces; after it come the state and, 19 further, the start time.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]


def _began_by_ps(pid: int) -> str | None:
    asked = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    ran = subprocess.run(asked, capture_output=True, text=True, check=False)
    state, _, began = ran.stdout.strip().partition(" ")
    return None if state[:1] in ("", "Z") else began.strip()


def _exists(pid: int) -> str | None:
    try:
        os.kill(pid, 0)
    except OSError:
        return None
    return ""
