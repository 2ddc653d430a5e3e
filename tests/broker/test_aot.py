"""Java starts Kafka from the cache of its classes, and without where that is damaged."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from driftline.local import aot
from driftline.local.broker import Broker
from driftline.local.jars import classpath
from driftline.local.java import java_command
from stream.kafka.admin import Admin

REFUSED = "An error has occurred while processing the AOT cache"


def cut(cache: bytearray) -> None:
    """Half a cache, as a full disk leaves it."""
    del cache[len(cache) // 2 :]


def bend(cache: bytearray) -> None:
    """Some bytes in its midst are others."""
    middle = len(cache) // 2
    cache[middle : middle + 64] = bytes(byte ^ 0xFF for byte in cache[middle : middle + 64])


def rename(cache: bytearray) -> None:
    """Made by another Java: its version stands at the beginning."""
    assert b"25.0" in cache[:4096]
    cache[:4096] = cache[:4096].replace(b"25.0", b"24.0")


@pytest.fixture
def damaged(request: pytest.FixtureRequest, brokers: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the cache that the broker of `brokers` started from, harmed by the test's parameter."""
    assert brokers
    harm: Callable[[bytearray], None] = request.param
    cache = bytearray(aot.cache_path().read_bytes())
    harm(cache)
    copy = tmp_path / "classes.aot"
    copy.write_bytes(cache)
    monkeypatch.setattr(aot, "cache_path", lambda: copy)
    return copy


def said_by_java() -> str:
    """What the smallest of Kafka's tools writes, started as a broker is."""
    flags = aot.aot_flags(lambda _flags: pytest.fail("there is a cache"))
    command = [*java_command("384m", fast=True), *flags, "-cp", classpath(), "kafka.tools.StorageTool", "random-uuid"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout


def test_java_takes_the_cache(brokers: str) -> None:
    """It has nothing to say against it."""
    assert brokers
    assert "[aot" not in said_by_java()


@pytest.mark.parametrize("damaged", [bytearray.clear, cut, rename], indirect=True)
@pytest.mark.usefixtures("damaged")
def test_java_starts_without_a_cache_that_it_cannot_read() -> None:
    """Empty, half, another Java's: it says so and goes on."""
    assert REFUSED in said_by_java()


@pytest.mark.parametrize("damaged", [bend], indirect=True)
@pytest.mark.usefixtures("damaged")
def test_a_broker_comes_up_without_its_damaged_cache(tmp_path: Path) -> None:
    """It answers, and its log says why it was slow."""
    broker = Broker.start(tmp_path / "broker")
    try:
        assert Admin(broker.bootstrap).partition_counts() == {}
        assert REFUSED in broker.log.read_text(encoding="utf-8")
    finally:
        assert broker.stop() in (0, 143)
