"""Whatever a model does to the child process that tries it, the parent gets a verdict with the exact cause."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from models.bundle import BundleRefused, load_bundle
from models.contract import read_contract
from models.safety.limits import LIMITS, Limits
from models.safety.trial import answer_of, tried
from tests.models.bundles import contract_text, tiny_model
from tests.models.onnx_bytes import softmax
from tests.models.safety.hostile import endless

TERMS = read_contract(contract_text())
LOOPING = read_contract(contract_text(allow={"operators": ["Loop"]}))
READY = 'print(\'{"stage": "it was loaded"}\', flush=True)\n'


def child(script: str, **limits: Any) -> list[dict[str, Any]]:
    """What a child that runs `script` answers to nothing."""
    return answer_of((sys.executable, "-c", script), b"", Limits(**limits) if limits else LIMITS)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_an_honest_model_passes(task: str) -> None:
    """Every limit is in force, and the contract arrives whole."""
    terms = read_contract(contract_text(task=task, max_age="36h", deadline="50ms"))
    trial = tried(tiny_model(terms), terms)
    assert "MatMul" in trial.operators
    assert trial.free == ()


def test_a_model_that_never_returns_is_ended(sound: Path) -> None:
    """A few hundred bytes that loop 2^62 times, where the contract lets loops in."""
    golden = load_bundle(sound).golden
    with pytest.raises(BundleRefused, match=r"did not answer within 3 s while its golden rows ran, expected an answer"):
        tried(endless(), LOOPING, golden, limits=Limits(seconds=3, start_seconds=600, processor_seconds=20))


def test_a_child_that_silences_its_alarm_is_ended_by_the_kernel(sound: Path) -> None:
    """Processor time runs out even so."""
    golden = load_bundle(sound).golden
    spent = "used more than 3 s of processor time while its golden rows ran"
    with pytest.raises(BundleRefused, match=spent):
        tried(endless(), LOOPING, golden, limits=Limits(seconds=300, processor_seconds=3))


def test_a_child_that_sleeps_is_ended_by_its_parent() -> None:
    """It spends no processor time, and has set no alarm."""
    with pytest.raises(BundleRefused, match=r"did not answer within 0\.5 s before it was read"):
        child("import time; time.sleep(600)", seconds=0.5, start_seconds=0)


def test_a_file_that_needs_too_much_memory_to_be_read_is_refused() -> None:
    """Millions of nodes of two bytes each take hundreds of bytes each once parsed."""
    bomb = b"\x3a" + _number(12_000_000) + b"\x0a\x00" * 6_000_000
    with pytest.raises(BundleRefused, match=r"needed more than 0\.7 GB"):
        tried(bomb, TERMS, limits=Limits(memory_bytes=700_000_000, seconds=60))


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("import os; os.kill(os.getpid(), 11)", "crashed: SIGSEGV while it was loaded, expected scores"),
        (
            "import os; os.kill(os.getpid(), 9)",
            r"was killed \(SIGKILL\) while it was loaded, most likely for its memory",
        ),
        ("import os; os.write(2, b'std::bad_alloc'); os.abort()", "needed more than 2 GB while it was loaded"),
        ("import os; os.abort()", "crashed: SIGABRT while it was loaded"),
        ("raise ImportError('no such thing')", "the child left with 1 and said ImportError: no such thing"),
        ("", "the child left with 0 and said nothing"),
        ("print('{\"sound\": ')", "the child left with 0 and said nothing"),
        ("print('[]')", "the child left with 0 and said nothing"),
    ],
)
def test_a_child_without_a_verdict_is_a_refusal(script: str, said: str) -> None:
    """How it ended is the cause, and at what."""
    with pytest.raises(BundleRefused, match=said):
        child(READY + script)


def test_a_machine_that_has_no_process_to_spare_is_named() -> None:
    """That is our fault, but what could not be tried is not served."""
    with pytest.raises(BundleRefused, match=r"could not be tried: found .*No such file .*, expected a process"):
        answer_of(("/nowhere/python",), b"", LIMITS)


def test_no_secret_reaches_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its environment is made for it, not inherited."""
    monkeypatch.setenv("SCORER_KAFKA_PASSWORD", "canary")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    said = child("import json, os; print(json.dumps({'sound': dict(os.environ)}))")[-1]["sound"]
    assert "canary" not in json.dumps(said)
    assert said["ORT_DISABLE_TELEMETRY"] == "1"


def test_a_confined_child_can_open_no_file_and_no_socket_and_write_no_more() -> None:
    """What native code in a model would want first is not to be had from the kernel."""
    script = """
import json, os, socket, sys
from models.safety.limits import LIMITS
from models.safety.probe import _confined
free, refused = _confined(LIMITS), []
for attempt in (socket.socket, lambda: open("/etc/hostname"), os.pipe):
    try:
        attempt()
    except OSError as error:
        refused.append(error.strerror)
written = os.write(2, bytes(2_000_000))
print(json.dumps({"sound": {"free": free, "refused": refused, "written": written}}))
"""
    assert child(script)[-1]["sound"] == {"free": [], "refused": ["Too many open files"] * 3, "written": 1_000_000}


def test_scores_that_are_not_the_tasks_are_refused(sound: Path) -> None:
    """Three columns where the contract has one."""
    wide = softmax([[1.0] * 5] * 3, nan_safe=True)
    with pytest.raises(BundleRefused, match=r"golden.jsonl: found tiny: found score of shape \(64, 3\), expected"):
        tried(wide, TERMS, load_bundle(sound).golden)


def _number(number: int) -> bytes:
    """A protobuf varint."""
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])
