"""The demo in small: real flights through a real Kafka, ending with the proof."""

import json
from pathlib import Path

from tests.system.command import said

EVENTS = 2000


def test_the_demo_adds_up(tmp_path: Path) -> None:
    """Exit 0, the ledger balanced, every flight scored, every bad record refused for what is wrong with it."""
    report = said("demo", "--events", EVENTS, "--speed", "max", "--state", "state", cwd=tmp_path)
    assert report["faults"] == []
    assert report["ledger"]["verdict"] == "balanced"
    assert report["ledger"]["scored"] == report["sent"]["events"] == EVENTS
    refused = {**report["rejected_by_reason"], **report["dead_letters_by_reason"]}
    assert refused == report["sent"]["bad"]
    assert sum(refused.values()) > 0
    assert report["latency"][-1]["p50_ms"] > 0
    assert json.loads((tmp_path / "state" / "report.json").read_text()) == report
    assert not (tmp_path / "state" / "stack.json").exists()
