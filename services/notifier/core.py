"""What an Alertmanager is told of an alert, as its v2 API wants it: pure, times are seconds since 1970."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

NAMES: Mapping[str, str] = {
    "performance": "ModelPerformance",
    "quality": "DataQuality",
    "serving": "ServingDegraded",
    "drift": "InputDrift",
}
"""The alertname of each group; one that this reader does not know is ModelAlert."""
SEVERITIES = ("info", "warning", "critical")
MICROS = 1_000_000
LABELS = ("model", "model_version", "arm", "group", "team")
Record = Mapping[str, Any]
Post = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Words:
    """How alerts are put: the least severity that is posted at all, for how long a post stands, what links begin with.

    `link` may name {model}, {group} and {alert_id}; `runbooks` stands before a runbook that is no URL.
    """

    least: str = "info"
    hold_seconds: float = 300.0
    link: str = ""
    runbooks: str = ""


def is_open(record: Record) -> bool:
    """Whether the alert stands."""
    return bool(record["status"] != "resolved")


def standing(record: Record, words: Words, now: float) -> list[Post]:
    """The alert as one that stands, whatever became of it since; nothing where it is too little to be posted."""
    return _posts(record, [record["severity"]], words, now + words.hold_seconds)


def over(record: Record, words: Words, now: float) -> list[Post]:
    """The alert as one that is over since it was resolved, at the latest `now`."""
    at = now if record["resolved_at"] is None else min(record["resolved_at"] / MICROS, now)
    return _posts(record, [record["severity"]], words, at)


def former(record: Record, severities: AbstractSet[str], words: Words, now: float) -> list[Post]:
    """The same alert under those of the `severities` that it no longer has, as over.

    An Alertmanager knows an alert by its labels, severity among them; to end what it never knew is no news to it.
    """
    return _posts(record, sorted(severities - {record["severity"]}), words, now)


def _posts(record: Record, severities: Sequence[str], words: Words, end: float) -> list[Post]:
    least = SEVERITIES.index(words.least)
    return [_post(record, one, words, end) for one in severities if SEVERITIES.index(one) >= least]


def _post(record: Record, severity: str, words: Words, end: float) -> Post:
    labels = {name: str(record[name]) for name in LABELS if record[name]}
    said = {
        "summary": record["sentence"],
        "cause": record["cause"],
        "action": record["action"],
        "features": _few(record["features"]),
        "runbook_url": _runbook(record["runbook"], words),
        "contact": record["contact"],
        "alert_id": record["alert_id"],
        "report_id": record["report_id"],
    }
    facts = {name: record[name] for name in ("model", "group", "alert_id")}
    link = {"generatorURL": words.link.format(**facts)} if words.link else {}
    return {
        "labels": {"alertname": NAMES.get(record["group"], "ModelAlert"), "severity": severity, **labels},
        "annotations": {name: text for name, text in said.items() if text},
        "startsAt": moment(min(record["opened_at"] / MICROS, end)),
        "endsAt": moment(end),
        **link,
    }


def _few(features: Sequence[str], most: int = 10) -> str:
    """The first of them, how many more there are."""
    more = len(features) - most
    return ", ".join(features[:most]) + (f" and {more} more" if more > 0 else "")


def _runbook(runbook: str, words: Words) -> str:
    if "://" in runbook or not words.runbooks:
        return runbook
    return words.runbooks + runbook.rsplit("/", 1)[-1]


def moment(at: float) -> str:
    """A time as RFC 3339 has it; one beyond what dates can say is the nearest that they can.

    >>> moment(0.5)
    '1970-01-01T00:00:00.500000Z'
    """
    beginning, last = datetime.fromtimestamp(0, UTC), 253_402_300_799.0
    at = min(max(at, -62_135_596_800.0), last)
    return (beginning + timedelta(seconds=at)).isoformat(timespec="microseconds").replace("+00:00", "Z")
