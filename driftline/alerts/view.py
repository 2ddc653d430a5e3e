"""Alerts as people and machines see them: which stand, which ended lately, each in a row or a line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from driftline.shown import moment, printable

Record = Mapping[str, Any]
SEVERITIES = ("critical", "warning", "info")
RECENT_MICROS = 7 * 86_400_000_000
COLUMNS = ("severity", "since", "model", "alert", "cause", "what happened", "what to do", "runbook")
"""Of a pipe: one line an alert."""
NARROW = ("severity", "alert", "what happened, what to do, where to read on")
"""Of a terminal, where eight columns would be a word wide."""
FEATURES = 3


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The latest record of each alert: the open ones, the worst and oldest first; the others, the latest first."""

    open: Sequence[Record]
    resolved: Sequence[Record]

    def recent(self) -> "Standing":
        """Without those that had ended a week before the latest thing that any alert tells, in event time."""
        now = max((one["updated_at"] for one in (*self.open, *self.resolved)), default=0)
        lately = [one for one in self.resolved if now - one["updated_at"] <= RECENT_MICROS]
        return Standing(open=self.open, resolved=lately)

    def as_data(self) -> dict[str, Any]:
        """For machines."""
        return {"open": [data_of(one) for one in self.open], "resolved": [data_of(one) for one in self.resolved]}


def standing(records: Iterable[Record]) -> Standing:
    """How things stand after these records, which come in the order of their log."""
    latest = {one["alert_id"]: one for one in records}.values()
    standing = [one for one in latest if one["status"] != "resolved"]
    ended = [one for one in latest if one["status"] == "resolved"]
    return Standing(
        open=sorted(standing, key=lambda one: (SEVERITIES.index(one["severity"]), one["opened_at"], one["alert_id"])),
        resolved=sorted(ended, key=lambda one: (-one["updated_at"], one["alert_id"])),
    )


def row_of(record: Record) -> list[str]:
    """An alert as a row under COLUMNS."""
    return [
        record["severity"],
        since(record),
        model_of(record),
        record["group"],
        record["cause"],
        happened(record),
        to_do(record),
        printable(record["runbook"]),
    ]


def narrow_row_of(record: Record) -> list[str]:
    """An alert as a row under NARROW, several lines high."""
    alert = [f"{record['group']}: {record['cause']}", model_of(record), f"since {since(record)}"]
    what = [happened(record), f"To do: {to_do(record)}", f"Read: {printable(record['runbook'])}"]
    return [record["severity"], "\n".join(alert), "\n".join(what)]


def line_of(record: Record) -> str:
    """What one record tells, in a line."""
    where = f"{minute(record['updated_at'])} {record['status']} {record['severity']} {record['group']}"
    return f"{where} {model_of(record)}: {happened(record)} Cause: {record['cause']}. To do: {to_do(record)}."


def since(record: Record) -> str:
    """When it opened, and when it was over."""
    ended = record["resolved_at"]
    return minute(record["opened_at"]) + (f" to {minute(ended)}" if ended is not None else "")


def happened(record: Record) -> str:
    """What happened, the first features behind it; of one that is over what had happened."""
    told = [one["sentence"] for one in record["history"] if one["status"] != "resolved"]
    sentence = record["sentence"] if record["status"] != "resolved" or not told else told[-1]
    names = [one for one in record["features"][:FEATURES] if one not in sentence]
    more = len(record["features"]) - FEATURES
    features = f" [{', '.join(names)}{f' and {more} more' if more > 0 else ''}]" if names else ""
    return printable(sentence + features)


def to_do(record: Record) -> str:
    """What to do about it, and whose it is."""
    action = "nothing" if record["action"] in {"", "none"} or record["status"] == "resolved" else record["action"]
    whose = f" ({record['contact'] or record['team']})" if action != "nothing" and record["team"] else ""
    return printable(action + whose)


def model_of(record: Record) -> str:
    """The version, with its arm where that is not the champion."""
    arm = "" if record["arm"] == "champion" else f" {record['arm']}"
    return printable(f"{record['model']} {record['model_version']}{arm}")


def minute(at_micros: int) -> str:
    """A time to the minute: windows have whole ones."""
    text = moment(at_micros)
    return f"{text[:16]}Z" if text.endswith("Z") else text


def data_of(record: Record) -> dict[str, Any]:
    """A record for machines, its times as text."""
    times = ("opened_at", "updated_at", "resolved_at", "start", "end", "written_at")
    said = {name: moment(value) if name in times and value is not None else value for name, value in record.items()}
    said["history"] = [{**one, "at": moment(one["at"])} for one in record["history"]]
    return said
