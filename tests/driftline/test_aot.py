"""Where the cache of Kafka's classes cannot be made, or is another's, nothing is lost but time."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from driftline.local import aot
from driftline.output import Refusal


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache directory with one jar, which is none."""
    monkeypatch.setattr(aot, "cache_directory", lambda: tmp_path)
    (tmp_path / "jars").mkdir()
    (tmp_path / "jars" / "a.jar").write_bytes(b"a jar")
    return tmp_path


@pytest.mark.parametrize(
    "error",
    [Refusal("the embedded Kafka did not start"), OSError("No space left on device"), subprocess.TimeoutExpired("", 1)],
    ids=["refused", "full", "late"],
)
def test_without_a_cache_kafka_starts_as_ever(
    cache: Path, error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    """The reason is said, no flags are given, nothing half-made stays behind."""

    def train(_flags: Sequence[str]) -> None:
        raise error

    assert aot.aot_flags(train) == []
    assert str(error) in capsys.readouterr().err
    assert not aot.cache_path().exists()
    assert not (cache / "making").exists()


def test_a_java_that_makes_none_is_put_up_with(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Here nothing was recorded, so that there is nothing to make it of."""
    flags: list[str] = []
    assert aot.aot_flags(flags.extend) == []
    assert flags == ["-XX:AOTMode=record", f"-XX:AOTConfiguration={cache / 'making' / 'classes.aotconf'}"]
    assert "returned non-zero exit status" in capsys.readouterr().err


def test_what_is_there_is_not_made_again(cache: Path) -> None:
    """Every later start finds it at once."""
    aot.cache_path().write_bytes(b"")
    flags = aot.aot_flags(lambda _flags: pytest.fail("trained"))
    assert flags[0] == f"-XX:AOTCache={aot.cache_path()}"
    assert aot.cache_path().parent == cache


def test_jars_copied_anew_get_a_cache_of_their_own(cache: Path) -> None:
    """The JVM refuses one that was made of jars of another time."""
    before = aot.cache_path()
    os.utime(cache / "jars" / "a.jar", (1, 1))
    assert aot.cache_path() != before
