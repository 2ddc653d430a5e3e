"""The demo in small: real flights through a real Kafka, their labels joined, ending with the proof."""

import json
from pathlib import Path

from tests.system.command import said

EVENTS = 2000


def test_the_demo_adds_up(tmp_path: Path) -> None:
    """Exit 0, both ledgers balanced, every flight scored and joined, every bad record refused for what is wrong."""
    report = said("demo", "--events", EVENTS, "--speed", "max", "--state", "state", cwd=tmp_path)
    assert report["faults"] == []
    assert report["ledger"]["verdict"] == "balanced"
    assert report["ledger"]["scored"] == report["sent"]["events"] == EVENTS
    refused = {**report["rejected_by_reason"], **report["dead_letters_by_reason"]}
    assert refused == report["sent"]["bad"]
    assert sum(refused.values()) > 0
    assert report["labeler_ledger"]["verdict"] == "balanced"
    joined = report["joined"]
    assert (joined["rows"], joined["by_status"]["matched"]) == (EVENTS, report["sent"]["labels"])
    assert joined["by_status"]["expired"] == EVENTS - report["sent"]["labels"]
    assert joined["coverage"] == report["sent"]["labels"] / EVENTS
    assert 0.8 < joined["accuracy"] < 1
    assert report["latency"][-1]["p50_ms"] > 0
    assert json.loads((tmp_path / "state" / "report.json").read_text()) == report
    page = (tmp_path / "state" / "report.html").read_text(encoding="utf-8")
    assert f"<b>{joined['by_status']['matched']:,}</b>" in page
    assert page.count("ledger balanced") == len(("scorer", "labeler"))
    assert not (tmp_path / "state" / "stack.json").exists()
