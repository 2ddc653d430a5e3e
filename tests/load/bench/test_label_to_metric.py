"""The benchmark of label to metric sees every label in both counts."""

from pathlib import Path

import pytest

from load.bench.label_to_metric import COUNTS, measure


@pytest.mark.broker
def test_every_label_comes_to_show_in_both_counts(brokers: str, prefix: str, tmp_path: Path) -> None:
    """None before it was sent."""
    found = measure(brokers, tmp_path, rate=100, seconds=1, prefix=prefix)
    assert found.keys() == COUNTS.keys()
    for delays in found.values():
        assert len(delays) == 100
        assert delays.min() >= 0
