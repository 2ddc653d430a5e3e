"""The command `python -m load.flights`, its words and its exit codes."""

import json
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from load.flights.__main__ import main, parser
from stream.kafka.clients import open_producer

WHERE = ["--brokers", "b", "--schemas", "s"]


@pytest.fixture
def brokers() -> Any:
    """The address of librdkafka's mock brokers, which live as long as the producer here."""
    keeper = open_producer("mock", test_mock_num_brokers=1)
    found = next(iter(keeper.list_topics(timeout=10).brokers.values()))
    yield f"{found.host}:{found.port}"
    keeper.flush(1)


def test_the_command_replays_and_says_what_it_sent(
    brokers: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """JSON on stdout and nothing else there; exit code 0."""
    code = main(["--brokers", brokers, "--schemas", str(tmp_path), "--events", "40", "--progress", "--json"])
    said, shown = capsys.readouterr()
    counted = json.loads(said)
    assert (code, counted["events"], counted["undelivered"], counted["interrupted"]) == (0, 40, 0, False)
    assert "2013-03-0" in shown


def test_an_interrupted_command_says_what_it_sent_and_exits_130(brokers: str, tmp_path: Path) -> None:
    """Ctrl-C while it waits for the next flight: flushed, counted, no traceback."""
    words = ["--brokers", brokers, "--schemas", str(tmp_path), "--speed", "600", "--progress", "--json"]
    command = [sys.executable, "-m", "load.flights", *words, "--events", "2000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr is not None
        first = child.stderr.readline()
        child.send_signal(signal.SIGINT)
        said, rest = child.communicate(timeout=60)
    assert "events" in first, first + rest
    assert "Traceback" not in rest
    assert child.returncode == 130
    counted = json.loads(said)
    assert (counted["interrupted"], counted["undelivered"], counted["marks"]) == (True, 0, 0)
    assert 0 < counted["events"] < 2000


def test_days_without_a_flight_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was found and what to do, on stderr."""
    words = ["--brokers", "b", "--schemas", str(tmp_path), "--from", "2013-05-02", "--to", "2013-05-01"]
    assert main(words) == 2
    assert "fix: choose days of 2013" in capsys.readouterr().err


def test_the_command_line_says_what_it_was_told() -> None:
    """Days, speed and switches."""
    days = ["--from", "2013-04-01", "--to", "2013-04-02"]
    line = parser().parse_args([*WHERE, *days, "--speed", "3600", "--no-labels"])
    assert (line.first, line.last, line.speed, line.labels) == (
        date(2013, 4, 1),
        date(2013, 4, 2),
        3600.0,
        False,
    )
    assert parser().parse_args([*WHERE, "--speed", "max"]).speed is None


@pytest.mark.parametrize(
    ("name", "value"), [("--speed", "0"), ("--speed", "fast"), ("--events", "0"), ("--from", "yesterday")]
)
def test_a_senseless_command_line_is_refused(name: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and the word that was wrong."""
    with pytest.raises(SystemExit) as left:
        main([*WHERE, name, value])
    assert left.value.code == 2
    assert f"argument {name}" in capsys.readouterr().err
