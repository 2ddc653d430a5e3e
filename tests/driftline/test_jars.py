"""Kafka's jars: pinned, checked, refused with a way out."""

import socket
import threading
from pathlib import Path

import pytest

from driftline.local import jars
from driftline.local.locks import locked, take
from driftline.output import Refusal


def test_forty_five_jars_are_pinned() -> None:
    """Each with a whole SHA-256, the broker and its log binding among them."""
    pinned = jars.expected_jars()
    assert len(pinned) == 45
    assert {"kafka_2.13-4.4.0.jar", "kafka-clients-4.4.0.jar", "slf4j-simple-1.7.36.jar"} <= pinned.keys()
    assert {len(digest) for digest in pinned.values()} == {64}


def test_a_changed_jar_is_refused_with_both_checksums(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found, expected and what to remove."""
    (tmp_path / "a.jar").write_bytes(b"changed")
    monkeypatch.setattr(jars, "expected_jars", lambda: {"a.jar": "00" * 32})
    with pytest.raises(Refusal, match=r"a\.jar: found sha256 [0-9a-f]{64}, expected 0{64}") as refused:
        jars.check_jars(tmp_path)
    assert f"remove {tmp_path}" in refused.value.fix


def test_a_missing_jar_and_a_strange_one_are_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A jar that was not pinned would be loaded as well."""
    (tmp_path / "strange.jar").write_bytes(b"")
    monkeypatch.setattr(jars, "expected_jars", lambda: {"a.jar": "00" * 32})
    with pytest.raises(Refusal, match=r"a\.jar is missing; strange\.jar was not expected"):
        jars.check_jars(tmp_path)


def test_without_a_network_the_way_out_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source that nobody listens at: what failed, why, three ways on, and no half-made cache."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        monkeypatch.setenv(jars.SOURCE_VARIABLE, f"http://127.0.0.1:{taken.getsockname()[1]}")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        with pytest.raises(Refusal, match="could not be fetched") as refused:
            jars.classpath()
    assert "Connection" in refused.value.cause
    assert all(way in refused.value.fix for way in ("network", jars.SOURCE_VARIABLE, "--brokers"))
    assert not (jars.cache_directory() / "jars").exists()


def test_a_lock_is_waited_for(tmp_path: Path) -> None:
    """The second one comes in after the first one left, and was told to wait."""
    order: list[str] = []
    waits = threading.Event()

    def second() -> None:
        with locked(tmp_path / "lock", on_wait=waits.set):
            order.append("second")

    with locked(tmp_path / "lock"):
        thread = threading.Thread(target=second)
        thread.start()
        assert waits.wait(30)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_lock_is_free_again_when_its_file_is_closed(tmp_path: Path) -> None:
    """One holder at a time."""
    with (tmp_path / "lock").open("ab") as one, (tmp_path / "lock").open("ab") as two:
        assert take(one)
        assert not take(two)
        one.close()
        assert take(two)
