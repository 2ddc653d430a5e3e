"""The benchmark of labelers drains every event once, with the outcome it must have, by both of them."""

import os
from pathlib import Path

import pytest

from load.bench.draining.filling import Filled, is_told
from load.bench.labeler import Stage, bench, differs

GOOD: dict[str, tuple[str, bool | None]] = {
    f"{number:08d}": ("matched", number % 3 == 0) if is_told(number) else ("expired", None) for number in range(20)
}


@pytest.mark.broker
def test_both_drain_what_there_is(brokers: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong outcome would end the benchmark; every figure is of something."""
    drains = bench(Stage(brokers, os.getpid(), tmp_path), 600, 1)
    assert [len(some) for some in drains.values()] == [1, 1]
    for one in (*drains["ours"], *drains["naive"]):
        assert min(one.records, one.seconds, *one.resident) > 0
        assert one.cpu.keys() == {"labeler", "Kafka", "store"}
    said = capsys.readouterr().out
    assert [line.split()[0] for line in said.splitlines()] == ["ours,", "naive,", "records/s:", "ours", "naive", "ours"]


def test_a_wrong_outcome_is_seen() -> None:
    """One too few, one too many, one of another status, one of another label."""
    assert differs(GOOD, 20) == ""
    assert "1 events are wrong" in differs(GOOD, 21)
    assert "1 unknown" in differs(GOOD, 19)
    assert "00000004" in differs({**GOOD, "00000004": ("matched", True)}, 20)
    assert "00000000" in differs({**GOOD, "00000000": ("matched", True)}, 20)


def test_it_knows_how_many_records_there_are(tmp_path: Path) -> None:
    """Every tenth event has no label; each partition ends with a mark."""
    topics = {"predictions": "p", "labels": "l"}
    assert Filled(**topics, events=20, partitions=3, schemas=tmp_path).records == 20 + 18 + 6
    assert Filled(**topics, events=1, partitions=1, schemas=tmp_path).records == 1 + 0 + 2
