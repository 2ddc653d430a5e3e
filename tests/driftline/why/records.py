"""The records of one event, as scorer, users and labeler write them."""

from typing import Any

HOUR = 3_600_000_000
T = 1_362_096_000_000_000
DIGEST = "9f86d081884c7d659a2feaa0c55ad015"


def position(kind: str, offset: int, partition: int = 0) -> dict[str, Any]:
    """Where a record of the model m stands."""
    return {"topic": f"m.{kind}", "partition": partition, "offset": offset}


def prediction(name: str, source: dict[str, Any], **other: Any) -> dict[str, Any]:
    """A prediction of true."""
    whose = {"event_id": name, "event_time": T, "bucket": T, "scored_at": T + HOUR, "model": "m", "model_version": "1"}
    said = {"arm": "champion", "mode": "scored", "score": 0.75, "scores": [], "decision": "true", "estimate": 0.5}
    rest: dict[str, Any] = {"reasons": [], "ood": None, "segments": {}, "bundle_digest": DIGEST, "source": source}
    return {**whose, **said, **rest, **other}


def label(name: str, value: Any, *, at: int, revision: int = 0) -> dict[str, Any]:
    """What turned out, known `at` µs after the event."""
    return {"event_id": name, "label": value, "labelled_at": T + at, "revision": revision}


def outcome(name: str, source: dict[str, Any], status: str, seq: int, truth: dict[str, Any] | None) -> dict[str, Any]:
    """What became of the prediction, with its label where it has one."""
    said = {**prediction(name, source), "status": status, "seq": seq, "joined_at": T + 9 * HOUR}
    known = truth or {"label": None, "revision": None, "labelled_at": None}
    judged = {name: known[name] for name in ("label", "revision", "labelled_at")}
    delay = None if truth is None else truth["labelled_at"] - T
    correct = None if truth is None else truth["label"]
    where = {"prediction": position("predictions", 4), "label_source": None if truth is None else position("labels", 7)}
    for gone in ("scored_at", "scores", "reasons", "ood"):
        del said[gone]
    return {**said, **judged, "delay_micros": delay, "correct": correct, **where}
