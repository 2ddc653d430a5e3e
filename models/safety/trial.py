"""The trial of a model: a child process is asked whether it can be loaded and run, within limits."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

from models.bundle import BundleRefused
from models.contract import Contract
from models.golden import Golden, write_golden
from models.safety.limits import LIMITS, Limits
from models.safety.words import tame

BYTE_CODE = (
    *(("-B",) if sys.dont_write_bytecode else ()),
    *(("-X", f"pycache_prefix={sys.pycache_prefix}") if sys.pycache_prefix else ()),
)
CHILD = (sys.executable, *BYTE_CODE, "-P", "-m", "models.safety.probe")
ANSWER_BYTES = 1_000_000
# Where the interpreter finds its own libraries; nothing else of our surroundings, secrets first of all.
INHERITED = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
ONE_ARENA = {"MALLOC_ARENA_MAX": "2"}  # each further arena of glibc's would take 64 MB of address space
# Since 1.29 onnxruntime reports to its makers, with threads and a file in HOME, unless told so before it is imported.
SILENT = {"ORT_DISABLE_TELEMETRY": "1"}


@dataclass(frozen=True)
class Trial:
    """A model that passed: `nodes` and `operators` as the lint saw them, `seconds` from start to verdict.

    `free` names the limits that this system could not set (macOS: AS, the memory).
    """

    nodes: int
    operators: tuple[str, ...]
    seconds: float
    free: tuple[str, ...]


def tried(onnx: bytes, contract: Contract, golden: Golden | None = None, *, limits: Limits = LIMITS) -> Trial:
    """Lint, load and run the model `onnx` in a child process; this process is safe from it whatever it does.

    The golden rows' answers must be finite and of the right shape; whether they are the expected ones is for the
    caller to say. Raises BundleRefused with the exact cause.
    """
    rows = write_golden(golden) if golden else b""
    asked = {
        "limits": asdict(limits),
        "contract": contract.model_dump(),
        "onnx": len(onnx),
        "golden": len(rows),
    }
    request = json.dumps(asked, default=_duration).encode() + b"\n" + onnx + rows
    began = time.monotonic()
    lines = answer_of(CHILD, request, limits)
    verdict = lines[-1]
    if "refused" in verdict:
        raise BundleRefused(tame(str(verdict["refused"])))
    sound = verdict["sound"]
    seconds = time.monotonic() - began
    return Trial(int(sound["nodes"]), tuple(sound["operators"]), seconds, tuple(lines[0]["free"]))


def answer_of(words: Sequence[str], request: bytes, limits: Limits) -> list[dict[str, Any]]:
    """What the process `words` says to `request`, line by line, the last one a verdict.

    Raises BundleRefused when it gives none in time.
    """
    try:
        with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as cried:
            code = _ran(words, request, limits, said, cried)
            lines, last = _lines(said), _read(cried)
    except OSError as error:  # no memory for a process, no place for its answer: ours, but no reason to trust it
        raise BundleRefused(f"model.onnx: could not be tried: found {error}, expected a process and a file") from error
    if code == 0 and lines and lines[-1].keys() & {"sound", "refused"}:
        return lines
    raise BundleRefused(_end(code, lines, last, limits))


def _ran(words: Sequence[str], request: bytes, limits: Limits, said: BinaryIO, cried: BinaryIO) -> int:
    """The exit status of `words`; as if its own alarm had rung when it never got so far, or had silenced it."""
    try:
        return subprocess.run(
            words, input=request, stdout=said, stderr=cried, env=_surroundings(), cwd="/",
            timeout=limits.start_seconds + limits.seconds, check=False, start_new_session=True,
        ).returncode  # fmt: skip
    except subprocess.TimeoutExpired:
        return -signal.SIGALRM


def _end(code: int, lines: list[dict[str, Any]], cried: bytes, limits: Limits) -> str:
    """Why a process that left with `code` gave no verdict."""
    name = signal.Signals(-code).name if code < 0 else ""
    if name == "SIGALRM":
        late = f"did not answer within {limits.seconds:g} s"
        return f"model.onnx: {late} {_when(lines)}, expected an answer; take its loops out or make it smaller"
    if name == "SIGXCPU":
        spent = f"used more than {limits.processor_seconds} s of processor time"
        return f"model.onnx: {spent} {_when(lines)}, expected less; take its loops out or make it smaller"
    if name == "SIGABRT" and b"bad_alloc" in cried:
        return f"model.onnx: needed more than {limits.memory} {_when(lines)}, expected less; make it smaller"
    if name == "SIGKILL":
        return f"model.onnx: was killed (SIGKILL) {_when(lines)}, most likely for its memory; make it smaller"
    if name:
        return f"model.onnx: crashed: {name} {_when(lines)}, expected scores; export the model again"
    last = cried.decode(errors="replace").strip().splitlines()[-1:]
    return f"model.onnx: could not be tried: the child left with {code} and said {tame(''.join(last)) or 'nothing'}"


def _when(lines: list[dict[str, Any]]) -> str:
    """The last thing a child said it was at."""
    stages = [str(line["stage"]) for line in lines if "stage" in line]
    return f"while {stages[-1]}" if stages else "before it was read"


def _lines(said: BinaryIO) -> list[dict[str, Any]]:
    """The JSON objects that a child wrote, up to the first line that is none."""
    found = []
    for line in _read(said).splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            break
        found.append(value if isinstance(value, dict) else {})
    return found


def _read(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(ANSWER_BYTES)


def _surroundings() -> dict[str, str]:
    """The child's whole environment."""
    path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {"PYTHONPATH": path, **ONE_THREAD, **ONE_ARENA, **SILENT, **kept}


def _duration(value: object) -> str:
    """A timedelta in the contract's own notation; nothing else in it needs help."""
    if isinstance(value, timedelta):
        return f"{value.total_seconds():.6f}s"
    raise TypeError(f"found {type(value).__name__} in a contract, expected what JSON knows or a duration")
