"""What a notifier is told, and what it refuses to be told."""

from pathlib import Path
from typing import Any

import faust
import pytest

from services.notifier.__main__ import urls_of
from services.notifier.settings import Settings, read_settings
from services.notifier.transport import app_of, credentials
from stream.faults import Stopped

NEEDED: dict[str, Any] = {"brokers": "b:1", "model": "m", "alertmanagers": "http://one:9093"}


def test_names_come_from_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless a setting says otherwise."""
    for name, value in {**NEEDED, "prefix": "p."}.items():
        monkeypatch.setenv(f"NOTIFIER_{name.upper()}", value)
    settings = read_settings()
    assert (settings.topic(), settings.group_id()) == ("p.m.alerts", "p.m.notifier")
    monkeypatch.setenv("NOTIFIER_ALERTS_TOPIC", "here")
    assert read_settings().topic() == "here"


def test_a_misspelt_variable_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """With those there are."""
    monkeypatch.setenv("NOTIFIER_ALERTMANAGER", "http://one:9093")
    with pytest.raises(Stopped, match="NOTIFIER_ALERTMANAGER"):
        read_settings()


def test_a_hold_that_one_lost_post_outlasts_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """An alert would end and begin with every hiccup."""
    for name, value in {**NEEDED, "resend_seconds": "60", "hold_seconds": "90"}.items():
        monkeypatch.setenv(f"NOTIFIER_{name.upper()}", value)
    with pytest.raises(Stopped, match="HOLD_SECONDS=90") as refused:
        read_settings()
    assert "180 or more" in refused.value.fix


def test_alertmanagers_are_urls() -> None:
    """Several, with commas between."""
    many = Settings(**{**NEEDED, "alertmanagers": "http://one:9093, https://two/am/"})
    assert urls_of(many) == ["http://one:9093", "https://two/am"]
    with pytest.raises(Stopped, match="'one:9093'"):
        urls_of(Settings(**{**NEEDED, "alertmanagers": "one:9093"}))


def test_the_app_writes_listens_and_keeps_nothing(tmp_path: Path) -> None:
    """What faust would do unasked is off (RELIABILITY 4.4)."""
    conf = app_of(Settings(**NEEDED, slot="s"), tmp_path).conf
    assert not conf.web_enabled
    assert not conf.topic_allow_declare
    assert conf.topic_disable_leader
    assert not conf.producer_threaded
    assert not conf.stream_publish_on_commit
    assert conf.stream_wait_empty
    assert str(conf.store) == "memory:"
    assert (conf.broker_session_timeout, conf.consumer_group_instance_id) == (10.0, "s")


def test_the_kafka_file_of_the_other_services_serves_here_too(tmp_path: Path) -> None:
    """SASL and TLS as librdkafka's properties name them; what faust cannot do is said."""
    file = tmp_path / "kafka.properties"
    said = "security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\nsasl.username=u\nsasl.password=p\n"
    file.write_text(said)
    given = credentials(file)
    assert isinstance(given, faust.SASLCredentials)
    assert (given.username, given.password, given.mechanism.value) == ("u", "p", "SCRAM-SHA-512")
    assert given.ssl_context is not None
    file.write_text("security.protocol=SSL\n")
    assert isinstance(credentials(file), faust.SSLCredentials)
    file.write_text("linger.ms=5\n")
    assert credentials(file) is None
    file.write_text(said.replace("SCRAM-SHA-512", "GSSAPI"))
    with pytest.raises(Stopped, match=r"sasl\.mechanism"):
        credentials(file)
    file.write_text("security.protocol=SSL\nssl.ca.location=/nowhere\n")
    with pytest.raises(Stopped, match="TLS files"):
        credentials(file)
