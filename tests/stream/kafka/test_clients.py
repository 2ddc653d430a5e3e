"""How clients are configured, and what is never said of their settings."""

from pathlib import Path

import pytest

from stream.faults import Stopped
from stream.kafka.clients import open_producer
from stream.kafka.consumer import GroupConsumer
from stream.kafka.producer import TransactionalProducer
from stream.kafka.reading import open_reader
from stream.kafka.settings import LogSettings
from stream.properties import properties

CANARY = "hunter2-canary"


def settings(path: Path, text: str) -> Path:
    """A file of settings."""
    file = path / "kafka.properties"
    file.write_text(text)
    return file


def log_settings(file: Path | None) -> LogSettings:
    """A log that reads its secrets from `file`."""
    return LogSettings(brokers="127.0.0.1:1", group="g", topics=("t",), session="s", file=file)


def test_a_file_holds_key_value_lines(tmp_path: Path) -> None:
    """Comments and blank lines are left out; a value may hold the sign itself."""
    file = settings(tmp_path, "# a comment\n\n sasl.username = me\nsasl.password=a=b#c\n")
    assert properties(file) == {"sasl.username": "me", "sasl.password": "a=b#c"}


@pytest.mark.parametrize("content", [f"sasl.username=me\n{CANARY}\n".encode(), b"\xff" + CANARY.encode()])
def test_a_file_that_is_none_is_named_without_its_content(tmp_path: Path, content: bytes) -> None:
    """The place, not the line."""
    file = tmp_path / "kafka.properties"
    file.write_bytes(content)
    with pytest.raises(Stopped, match=r"kafka\.properties") as stopped:
        properties(file)
    assert stopped.value.configuration
    assert CANARY not in str(stopped.value)


def test_a_file_that_is_not_there_is_the_configuration_s_fault(tmp_path: Path) -> None:
    """It is named."""
    with pytest.raises(Stopped, match="nothing: No such file") as stopped:
        properties(tmp_path / "nothing")
    assert stopped.value.configuration


@pytest.mark.parametrize(
    "line",
    [
        f"security.protocol={CANARY}",
        f"security.protocol=sasl_plaintext\nsasl.mechanism={CANARY}",
        f"security.protocol=ssl\nssl.key.pem={CANARY}",
        f"sasl.pasword={CANARY}",
        f"debug={CANARY}",
    ],
)
def test_a_property_that_is_refused_shows_no_value(
    tmp_path: Path, line: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whichever client reads the file: exit code 2's message, without the value, also not in a cause or a log."""
    file = settings(tmp_path, line + "\n")
    for client in (
        lambda: open_reader("127.0.0.1:1", file=file),
        lambda: open_producer("127.0.0.1:1", file=file),
        lambda: TransactionalProducer(log_settings(file).producer()),
        lambda: GroupConsumer(log_settings(file).consumer(), ["t"]),
    ):
        with pytest.raises(Stopped, match="Kafka client: ") as stopped:
            client()
        assert stopped.value.configuration
        assert stopped.value.__suppress_context__
        assert CANARY not in f"{stopped.value} {stopped.value.cause} {stopped.value.fix}"
    assert CANARY not in "".join(capfd.readouterr())


def test_a_file_cannot_undo_what_the_promises_need(tmp_path: Path) -> None:
    """Isolation, commits and the transaction are the log's own; address and credentials come from outside."""
    file = settings(tmp_path, "isolation.level=read_uncommitted\nenable.auto.commit=true\ntransactional.id=x\n")
    assert log_settings(file).consumer()["isolation.level"] == "read_committed"
    assert log_settings(file).consumer()["enable.auto.commit"] is False
    assert log_settings(file).producer()["transactional.id"] == "g.s"


def test_a_file_may_tune_times_and_sizes(tmp_path: Path) -> None:
    """What it says wins over our defaults; whatever a transaction may last, we give up before the broker does."""
    file = settings(tmp_path, "session.timeout.ms=3000\nqueue.buffering.max.messages=9\ntransaction.timeout.ms=5000\n")
    assert log_settings(file).consumer()["session.timeout.ms"] == "3000"
    assert log_settings(None).consumer()["session.timeout.ms"] == 10_000
    assert log_settings(file).producer()["queue.buffering.max.messages"] == "9"
    assert log_settings(file).producer()["message.timeout.ms"] == 4_000
    assert (log_settings(file).call_seconds(), log_settings(None).call_seconds()) == (4.0, 8.0)


def test_a_time_that_is_no_number_is_named_without_its_value(tmp_path: Path) -> None:
    """It may have been typed in the wrong place."""
    with pytest.raises(Stopped, match=r"transaction\.timeout\.ms is no number") as stopped:
        log_settings(settings(tmp_path, f"transaction.timeout.ms={CANARY}\n")).producer()
    assert CANARY not in f"{stopped.value} {stopped.value.fix}"
