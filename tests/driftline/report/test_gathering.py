"""What is gathered of a run: answers by mode and reason, outcomes by status, what the ledgers count."""

from pathlib import Path

import pytest

from driftline.dlq.letters import Letter
from driftline.output import Refusal
from driftline.report.command import written
from driftline.report.gathering import MOST_REASONS, OTHERS, Counted, flow_of, reasons_of
from stream.evidence import PartitionAccount
from stream.proof import Verdict
from tests.driftline.view.seeing import seen


def account(topic: str, **counts: int) -> PartitionAccount:
    """A partition's account of 100 records read."""
    zeros = dict.fromkeys(("absent", "scored", "degraded", "rejected", "dead", "duplicate", "marks", "taken"), 0)
    said = {**zeros, **counts}
    return PartitionAccount(
        topic=topic,
        partition=0,
        start=0,
        end=100,
        predictions=None,
        dead_letters=None,
        **said,  # type: ignore[arg-type]  # counts only
    )


def letter(reason: str) -> Letter:
    """A dead letter."""
    return Letter(partition=0, offset=0, at_millis=0, size=1, note={"reason": reason})


def counted(*answers: tuple[str, list[str]]) -> Counted:
    """So many answers, each a mode with its reasons."""
    found = Counted()
    for mode, reasons in answers:
        found.answer({"mode": mode, "reasons": reasons})
    return found


def test_every_record_goes_one_way() -> None:
    """Modes from the predictions, letters from their topics, duplicates, marks and labels from the ledgers."""
    found = counted(
        ("scored", []), ("scored", ["unseen:dest"]), ("fallback", ["model_error"]), ("rejected", ["null:a"])
    )
    assert found.outcome({"status": "matched"}) == {"status": "matched"}
    scorer = Verdict(status="balanced", partitions=(account("shop.features", duplicate=3, marks=2),))
    labeler = Verdict(
        status="balanced", partitions=(account("shop.predictions", marks=1), account("shop.labels", marks=4))
    )
    dead = {"features": [letter("empty")], "labels": [letter("truncated")], "predictions": []}
    flow = flow_of(found, {"scorer": scorer, "labeler": labeler}, dead)
    assert flow.events == {"scored": 2, "fallback": 1, "rejected": 1, "dead": 1, "duplicate": 3, "mark": 2}
    assert (flow.read, flow.answered, flow.labels) == (8, 3, 96)
    assert flow.outcomes == {"matched": 1}
    assert flow.dead == {"features": 1, "labels": 1, "predictions": 0}


def test_reasons_are_told_apart_by_what_became_of_the_row() -> None:
    """A mark on a row that was scored is no refusal; what upsets a terminal is escaped."""
    found = counted(("scored", ["unseen:dest"]), ("prior", ["model_timeout"]), ("rejected", ["null:\x1b[2J"]))
    told = reasons_of(found, [letter("empty"), letter("empty")])
    assert told.kinds() == {
        "rejected": {"null:\\x1b[2J": 1},
        "dead letter": {"empty": 2},
        "answered by a stand-in": {"model_timeout": 1},
        "scored with a mark": {"unseen:dest": 1},
    }


def test_rare_reasons_are_added_up() -> None:
    """So that a hundred features make no page of a hundred bars, and no row is lost."""
    found = counted(*(("rejected", [f"null:f{n}"]) for n in range(40)))
    told = reasons_of(found, []).rejected
    assert len(told) == MOST_REASONS + 1
    assert told[OTHERS] == 40 - MOST_REASONS


def test_the_page_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """A directory that is not there is named, with what to do."""
    written(seen(), tmp_path / "report.html")
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    with pytest.raises(Refusal, match="cannot write"):
        written(seen(), tmp_path / "missing" / "report.html")
