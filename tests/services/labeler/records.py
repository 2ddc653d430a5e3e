"""What a labeler reads, as whoever wrote it would have."""

from typing import Any

HOUR = 3_600_000_000


def prediction(event_id: str, time: int, /, **said: Any) -> dict[str, Any]:
    """A good one of that event time, µs, but for what is said."""
    return {
        "event_id": event_id, "event_time": time, "bucket": time - time % HOUR, "scored_at": 0, "model": "tiny",
        "model_version": "1", "bundle_digest": "d", "arm": "champion", "mode": "scored", "score": 0.9, "scores": [],
        "decision": "true", "estimate": 0.8, "reasons": [], "ood": None, "segments": {},
        "source": {"topic": "f", "partition": 0, "offset": 0}, **said,
    }  # fmt: skip
