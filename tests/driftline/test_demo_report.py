"""The demo's report names each number that does not add up, and nothing when all do."""

import json
from dataclasses import replace
from typing import Any

import pytest

from driftline.demo_drift import Drifted
from driftline.demo_report import UNREADABLE, Report, print_report
from driftline.drift.view import Line
from load.flights.bad import Bad
from load.flights.compared import Joined
from load.flights.quality import Quality
from stream.evidence import PartitionAccount
from stream.proof import Verdict
from stream.telemetry.scrape import Scraped

SENT: dict[str, Any] = {"events": 100, "labels": 90, "bad": {"empty": 2, "null": 3}, "marks": 4, "undelivered": 0}
COUNTS = {"absent": 0, "marks": 2, "scored": 100, "degraded": 0, "rejected": 3, "dead": 2, "duplicate": 0, "taken": 0}
SAMPLES = {
    ("driftline_rejects_total", frozenset({("reason", "null")})): 3.0,
    ("driftline_rejects_total", frozenset({("reason", "unseen")})): 0.0,
    ("driftline_dead_letters_total", frozenset({("reason", "empty")})): 2.0,
    ("driftline_transactions_total", frozenset({("result", "committed")})): 7.0,
    ("driftline_stage_seconds_bucket", frozenset({("stage", "infer"), ("le", "0.001")})): 5.0,
    ("driftline_stage_seconds_bucket", frozenset({("stage", "infer"), ("le", "+Inf")})): 10.0,
    ("driftline_stage_seconds_count", frozenset({("stage", "infer")})): 10.0,
    ("driftline_stage_seconds_sum", frozenset({("stage", "infer")})): 0.107,
}


def account(**other: int) -> PartitionAccount:
    """The only partition's account."""
    counts = {**COUNTS, **other}
    end = 107 + counts["absent"]
    return PartitionAccount(
        topic="t",
        partition=0,
        start=0,
        end=end,
        predictions=None,
        dead_letters=None,
        **counts,  # type: ignore[arg-type]  # counts only
    )


def verdict(status: Any = "balanced", **other: int) -> Verdict:
    """The ledger's."""
    return Verdict(status=status, partitions=(account(**other),))


def scraped(name: str, reason: str, count: float) -> Scraped:
    """The metrics with one of them changed."""
    return Scraped({**SAMPLES, (name, frozenset({("reason", reason)})): count})


def labeled(status: Any = "balanced", **other: int) -> Verdict:
    """The labeler's ledger: 103 predictions, 90 labels and four marks."""
    counts = {"scored": 0, "rejected": 0, "dead": 0, "marks": 4, "taken": 193, **other}
    return Verdict(status=status, partitions=(account(**counts),))


QUALITY = Quality(
    rows=100, by_status={"expired": 10, "matched": 90}, coverage=0.9, judged=90, accuracy=0.8, precision=0.75,
    recall=0.5, f1=0.6, median_delay_seconds=7200.0, p99_delay_seconds=None,
)  # fmt: skip
CALM = Drifted(line=Line("1", "champion", [], []), incident=None, is_whole=True)
GOOD = Report(
    sent=SENT,
    scraped=Scraped(SAMPLES),
    verdict=verdict(),
    labeled=labeled(),
    joined=Joined(quality=QUALITY),
    drift=CALM,
    seconds=2.0,
    ids=(103, 103),
)


def test_what_adds_up_has_no_faults() -> None:
    """Events scored, bad ones refused by reason, one mark a partition, one prediction an id, a balanced ledger."""
    assert GOOD.faults() == []


CHANGES: list[tuple[str, dict[str, Any], str]] = [
    ("a mark not read", {"verdict": verdict(marks=1)}, "watermark marks: found 1, expected 2"),
    ("an event lost", {"sent": {**SENT, "events": 101}}, "records read: found 107, expected 108"),
    ("an event not scored", {"verdict": verdict(scored=99, degraded=1)}, "events scored: found 99, expected 100"),
    ("a mark lost", {"sent": {**SENT, "marks": 6}}, "watermark marks: found 2, expected 3"),
    ("a refusal uncounted", {"scraped": scraped("driftline_rejects_total", "null", 2)}, "events refused by reason"),
    ("a refusal too many", {"scraped": scraped("driftline_rejects_total", "unseen", 1)}, "events refused by reason"),
    ("a letter too many", {"scraped": scraped("driftline_dead_letters_total", "empty", 3)}, "dead letters by reason"),
    ("another letter", {"scraped": scraped("driftline_dead_letters_total", "bad_magic", 1)}, "dead letters by reason"),
    ("an id missing", {"ids": (102, 102)}, "event ids predicted: found 102, expected 103"),
    ("an id twice", {"ids": (104, 103)}, "predictions beyond one an id: found 1, expected 0"),
    ("not delivered", {"sent": {**SENT, "undelivered": 1}}, "records the broker did not take: found 1, expected 0"),
    ("a label lost", {"labeled": labeled(taken=192)}, "predictions and labels taken: found 192, expected 193"),
    ("a mark of a label", {"labeled": labeled(marks=3)}, "marks read by the labeler: found 3, expected 4"),
    ("not joined", {"joined": Joined(quality=replace(QUALITY, rows=99))}, "predictions joined: found 99, expected 100"),
    ("joined wrong", {"joined": Joined(quality=QUALITY, faults=("1 joined row",))}, "1 joined row"),
    ("labeler broken", {"labeled": labeled("broken")}, "the labeler's ledger is broken"),
    ("broken", {"verdict": verdict("broken")}, "the ledger is broken"),
    ("unprovable", {"verdict": verdict("unprovable")}, "the ledger is unprovable"),
]


@pytest.mark.parametrize(("change", "words"), [case[1:] for case in CHANGES], ids=[case[0] for case in CHANGES])
def test_each_number_that_is_off_is_named(
    change: dict[str, Any], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """For a machine as for people, who are told that nothing was lost only when nothing was."""
    report = replace(GOOD, **change)
    assert [fault for fault in report.faults() if words in fault]
    assert report.as_data()["faults"] == report.faults()
    print_report(report)
    out = capsys.readouterr().out
    assert f"does not add up: {report.faults()[0]}" in out
    assert "nothing lost" not in out


def test_every_bad_record_is_expected_on_its_own_side() -> None:
    """Each fault that the replay can put into a record is either unreadable or refused: none is both, none neither."""
    assert {fault.value for fault in Bad if fault.unreadable} == set(UNREADABLE)


def test_the_data_says_what_the_table_says(capsys: pytest.CaptureFixture[str]) -> None:
    """Counts, throughput, latency a stage; the whole is JSON."""
    said = json.loads(json.dumps(GOOD.as_data()))
    assert (said["events_per_second"], said["transactions"]) == (53.5, {"committed": 7})
    assert said["rejected_by_reason"] == {"null": 3}
    infer = next(row for row in said["latency"] if row["stage"] == "infer")
    assert infer == {"stage": "infer", "p50_ms": 1.0, "p99_ms": 1.0, "mean_ms": 10.7, "micros_per_event": 1000.0}
    assert next(row for row in said["latency"] if row["stage"] == "commit")["p50_ms"] is None
    assert (said["joined"]["by_status"], said["joined"]["f1"]) == ({"expired": 10, "matched": 90}, 0.6)
    assert said["labeler_ledger"] == {
        "verdict": "balanced", "first_fault": None, "read": 107, "taken": 193, "dead": 0, "marks": 4,
    }  # fmt: skip
    print_report(GOOD)
    out = capsys.readouterr().out
    assert "nothing lost, nothing doubled: ledger balanced" in out
    assert "joined as the parquet says it must be: 100 rows" in out
    assert "100  expired 10, matched 90" in out
    assert "75.00%, 50.00%, 60.00%" in out
    assert "2.00 h (median), none (99th percentile) of event time" in out
    assert "3  null 3" in out
