"""One signal asks to stop, a second one ends the process; while it starts, the first one does."""

import signal
import subprocess
import sys

import pytest

SCRIPT = """
import sys, time
from stream.stopping import Asked
asked = Asked()
{}
print("there", flush=True)
while not asked():
    time.sleep({})
time.sleep(0.2)
sys.exit(7)
"""
A_MOMENT, FOR_EVER = 0.01, 1000


def code(*, begin: str, nap_seconds: float, signals: list[signal.Signals]) -> int:
    """How a process ends that gets those signals; a nap goes on after a handler ran, as a client's call does."""
    script = SCRIPT.format(begin, nap_seconds)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "there\n"
        for number in signals:
            process.send_signal(number)
        try:
            return process.wait(30)
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_asks_to_stop(number: signal.Signals) -> None:
    """What is open is finished; the process says itself how it ended."""
    assert code(begin="asked.ready()", nap_seconds=A_MOMENT, signals=[number]) == 7


def test_a_signal_while_it_starts_ends_it_at_once() -> None:
    """Nothing is open yet: 0, even in the midst of a call that lasts."""
    assert code(begin="", nap_seconds=FOR_EVER, signals=[signal.SIGTERM]) == 0


def test_a_second_signal_ends_it_at_once() -> None:
    """Also in the midst of a call that lasts: 1."""
    assert code(begin="asked.ready()", nap_seconds=FOR_EVER, signals=[signal.SIGTERM, signal.SIGINT]) == 1
