"""The probe: a child process that lints a model, loads it, runs its golden rows, and says how that went."""

import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

from models.bundle import BundleRefused, score_columns
from models.contract import Contract
from models.golden import read_golden
from models.safety.graph import lint
from models.safety.limits import Limits
from models.safety.words import tame
from models.session import ModelFault, Session

ANSWER_BYTES = 1_000_000
NO_MEMORY = ("Failed to allocate memory", "bad_alloc", "MemoryError", "Arena alloc failed")

Say = Callable[[dict[str, Any]], None]


def main() -> int:
    """Answer the one request on standard input; each line of the answer is JSON, the last one the verdict.

    The request is a line of JSON with `limits`, `contract` and the sizes `onnx` and `golden`, then those bytes.
    """
    request = json.loads(sys.stdin.buffer.readline())
    limits = Limits(**request["limits"])
    contract = Contract.model_validate(request["contract"])
    onnx, golden = (_exactly(sys.stdin.buffer, request[name]) for name in ("onnx", "golden"))
    say = _teller()
    say({"free": _confined(limits)})
    _set_alarm(limits.seconds)
    say(_verdict(onnx, golden, contract, limits, say))
    return 0


def _verdict(onnx: bytes, golden: bytes, contract: Contract, limits: Limits, say: Say) -> dict[str, Any]:
    """What became of the model: `sound` with what was seen of it, or `refused` with the cause."""
    try:
        say({"stage": "it was read"})
        found = lint(onnx, contract, limits)
        say({"stage": "it was loaded"})
        session = Session(onnx, contract)
        say({"stage": "its golden rows ran"})
        rows = read_golden(golden, width=len(contract.features), columns=score_columns(contract)) if golden else None
        if rows:
            session.score(rows.matrix)
    except Exception as error:  # noqa: BLE001 - whatever a stranger's model raises is its refusal
        return {"refused": _cause(error, limits)}
    return {"sound": {"nodes": found.nodes, "operators": found.operators}}


def _cause(error: Exception, limits: Limits) -> str:
    """The refusal that `error` is."""
    text = f"{type(error).__name__} {error}"
    if any(word in text for word in NO_MEMORY):
        return f"model.onnx: needed more than {limits.memory}, expected it to do with that; make the model smaller"
    if isinstance(error, BundleRefused):
        return str(error)
    if isinstance(error, ModelFault):
        return f"golden.jsonl: found {error}"
    return f"model.onnx: found {tame(text)}, expected a model that can be read"


def _exactly(source: BinaryIO, size: int) -> bytes:
    data = source.read(size)
    if len(data) != size:
        raise EOFError(f"found {len(data)} bytes, expected {size}")
    return data


def _teller() -> Say:
    """A way to answer that nothing which prints can disturb."""
    own = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def say(line: dict[str, Any]) -> None:
        os.write(own, json.dumps(line).encode() + b"\n")

    return say


def _confined(limits: Limits) -> list[str]:
    """Take away what no model needs, so that no code, native code included, gets it back.

    No descriptor can be opened any more (no file, no socket), no process started (unless by root), no file grow.
    Returns the limits that this system does not know.
    """
    wanted = {
        "CORE": 0,
        "FSIZE": ANSWER_BYTES,
        "NOFILE": 0,
        "NPROC": 0,
        "CPU": limits.processor_seconds,
        "AS": limits.memory_bytes,
    }
    return [name for name, most in wanted.items() if not _limited(name, most)]


def _set_alarm(seconds: float) -> None:
    """Let the kernel end this process in `seconds`, whatever it is at then; what the parent had set does not count."""
    for number in (signal.SIGALRM, signal.SIGXCPU):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGALRM, signal.SIGXCPU))
    signal.setitimer(signal.ITIMER_REAL, seconds)


def _limited(name: str, most: int) -> bool:
    """Whether the kernel took `most` as the limit of the resource `name`; macOS takes no AS."""
    number = getattr(resource, f"RLIMIT_{name}", None)
    if number is None:
        return False
    _, ceiling = resource.getrlimit(number)
    most = most if ceiling == resource.RLIM_INFINITY else min(most, ceiling)
    # Out of processor time a process gets SIGXCPU, which tells; a second later, at the hard limit, SIGKILL.
    hard = most + 1 if name == "CPU" and ceiling == resource.RLIM_INFINITY else most
    try:
        resource.setrlimit(number, (most, hard))
    except (ValueError, OSError):
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
