"""What was seen, for machines."""

from typing import Any

from driftline.alerts.view import data_of
from driftline.view import courses
from driftline.view.seen import Flow, Seen
from driftline.view.summary import verdict
from driftline.view.times import stages


def as_data(seen: Seen) -> dict[str, Any]:
    """As `--json` prints it: times in seconds, shares of 1."""
    said = verdict(seen)
    return {
        "model": seen.model,
        "taken_at": seen.taken_at.isoformat(timespec="milliseconds"),
        "since": seen.since,
        "served": [vars(one) for one in seen.served],
        "verdict": {"cause": said.name, "says": said.value, "note": said.note, "tone": said.tone},
        "flow": _flow(seen.flow),
        "ledgers": {one.role: {"status": one.status, "detail": one.detail} for one in seen.accounts},
        "latency": [vars(one) for one in stages(seen.scraped("scorer"))],
        "reasons": {kind: dict(some) for kind, some in seen.reasons.kinds().items()},
        "quality": [_quality(line) for line in seen.lines],
        "alerts": [data_of(one) for one in seen.alerts.open],
        "live": _live(seen),
        "missing": list(seen.missing),
    }


def _flow(flow: Flow) -> dict[str, Any]:
    return {
        "read": flow.read,
        "answered": flow.answered,
        "events": dict(flow.events),
        "labels": flow.labels,
        "outcomes": dict(flow.outcomes),
        "dead": dict(flow.dead),
    }


def _quality(line: Any) -> dict[str, Any]:
    known, expected = courses.realised(line), courses.estimated(line)
    accuracy, rows = courses.overall(known)
    return {
        "version": line.version,
        "arm": line.arm,
        "accuracy": accuracy,
        "labelled_rows": rows,
        "last_realised": vars(known[-1]) if known else None,
        "last_estimated": vars(expected[-1]) if expected else None,
        "moved_in_last_window": courses.moved_last(line),
        "windows": len(line.every),
    }


def _live(seen: Seen) -> dict[str, Any] | None:
    if seen.live is None:
        return None
    return {
        "services": [vars(one) for one in seen.live.members],
        "rates": _flow(seen.live.rates) if seen.live.rates else None,
        "lag": dict(seen.live.lag),
    }
