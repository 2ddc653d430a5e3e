"""The history that each record of an alert carries, bounded."""

from typing import Any

FIRST, LAST = 1, 50
"""So many transitions are kept of its beginning, and of its end; those between are counted."""
FACTS = ("status", "severity", "cause", "sentence", "report_id")
Told = dict[str, Any]


def extended(record: Told) -> Told:
    """The record with the transition it tells at the end of its history."""
    now = {"at": record["updated_at"], **{name: record[name] for name in FACTS}}
    history = [*record.get("history", []), now]
    beyond = max(0, len(history) - FIRST - LAST)
    kept = history[:FIRST] + history[FIRST + beyond :]
    return {**record, "history": kept, "history_left_out": record.get("history_left_out", 0) + beyond}
