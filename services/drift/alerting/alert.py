"""One alert: what its families last said, and which of it is told."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self

from services.drift.alerting.grouping import SEVERITIES, rank, severity_of
from services.drift.alerting.signal import Signal
from services.drift.alerting.transitions import Told, extended

MICRO = timedelta(microseconds=1)
SAID = ("cause", "severity", "action", "sentence", "features", "start", "end", "report_id", "spent")
"""What a record takes over from the signal that leads it."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """How patient alerts are; times are event time.

    `quiet` judged windows in a row end a family's trouble. What is news is told at once: a worse severity, a cause
    not told within `again`; the same is told once every `again`. Trouble that comes back within `reopen` is the same
    alert. A version of which nothing was judged for `gone`, while another was, is no longer served.
    """

    quiet: int = 3
    again: timedelta = timedelta(days=1)
    reopen: timedelta = timedelta(days=7)
    gone: timedelta = timedelta(days=2)
    """Longer than the longest window, or little traffic would pass for none."""
    resolved: int = 32
    """So many resolved alerts are remembered, the latest; a forgotten one does not reopen."""


@dataclass(kw_only=True)
class Alert:
    """An alert's record as it was told last, with what came since.

    `on` holds each family in trouble: its latest fired signal, how many quiet windows followed, the end of its last
    judged window. `causes` says when each cause was told last. Nothing told is ever changed: records are new dicts.
    """

    record: dict[str, Any]
    on: dict[str, dict[str, Any]] = field(default_factory=dict)
    causes: dict[str, int] = field(default_factory=dict)

    def is_open(self) -> bool:
        """Whether it is told and not resolved, or about to be told."""
        return self.record.get("status") != "resolved" or bool(self.on)

    def fires(self, signal: Signal) -> None:
        """A family is in trouble, or still is."""
        said = {name: getattr(signal, name) for name in ("family", *SAID)}
        said |= {"severity": severity_of(signal), "features": list(signal.features)}
        self.on[signal.family] = {"signal": said, "quiet": 0, "judged": signal.end, "gone": False}

    def rests(self, signal: Signal) -> None:
        """A family was judged and was quiet; nothing to one that was in no trouble."""
        if signal.family in self.on:
            was = self.on[signal.family]
            self.on[signal.family] = {**was, "quiet": was["quiet"] + 1, "judged": max(was["judged"], signal.end)}

    def passed_over(self, signal: Signal, gone: timedelta) -> None:
        """The family was judged of another version: long after it last was of this one, this one is gone."""
        was = self.on.get(signal.family)
        if was is not None and signal.start - was["judged"] >= gone // MICRO:
            self.on[signal.family] = {**was, "gone": True}

    def settle(self, end: int, rules: Rules, *, fired: bool) -> Told | None:
        """What is to be told after a window that ended at `end`, in which a family of this alert `fired` or none."""
        if not self.on:
            return None
        at = max(end, self.record.get("updated_at", end))
        rest = {name: one for name, one in self.on.items() if not one["gone"] and one["quiet"] < rules.quiet}
        if not rest and self.record.get("status") in {"open", "updated", "reopened"}:
            return self._resolve(at, rules)
        self.on = rest or self.on
        lead = max((one["signal"] for one in self.on.values()), key=rank)
        status = self._status(lead, at, rules, fired=fired)
        return None if status is None else self._tell(status, at, lead)

    def _status(self, lead: Mapping[str, Any], at: int, rules: Rules, *, fired: bool) -> str | None:
        """As what the lead is told; None where it is no news."""
        if "status" not in self.record:
            return "open"
        if self.record["status"] == "resolved":
            return "reopened"
        again = rules.again // MICRO
        worse = SEVERITIES.index(lead["severity"]) > SEVERITIES.index(self.record["severity"])
        told = self.causes.get(lead["cause"])
        other = lead["cause"] != self.record["cause"] and (told is None or at - told >= again)
        return "updated" if worse or other or (fired and at - self.record["updated_at"] >= again) else None

    def _resolve(self, at: int, rules: Rules) -> Told:
        served = any(not one["gone"] for one in self.on.values())
        quiet = f"quiet in {rules.quiet} judged windows in a row"
        why = quiet if served else f"version {self.record['model_version']} is no longer judged, another is"
        lead = {name: self.record[name] for name in SAID} | {"sentence": f"Over: {why}."}
        self.on = {}
        return self._tell("resolved", at, lead)

    def _tell(self, status: str, at: int, lead: Mapping[str, Any]) -> Told:
        self.causes = {**self.causes, lead["cause"]: at}
        said = {name: lead[name] for name in SAID} | {"status": status, "updated_at": at}
        record = {"opened_at": at, **self.record, **said, "resolved_at": at if status == "resolved" else None}
        record.setdefault("alert_id", identity(record))
        self.record = extended(record)
        return self.record

    def reopens(self, at: int, rules: Rules) -> bool:
        """Whether trouble at `at` is this alert's, rather than a new one's."""
        return self.is_open() or at - self.record["resolved_at"] <= rules.reopen // MICRO

    def state(self) -> dict[str, Any]:
        """What JSON can hold of it."""
        return {"record": self.record, "on": dict(self.on), "causes": self.causes}

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> Self:
        """The alert whose state that was."""
        return cls(record=dict(state["record"]), on=dict(state["on"]), causes=dict(state["causes"]))


def identity(record: Mapping[str, Any]) -> str:
    """The alert's id: the same for the same trouble, whoever finds it and however often."""
    said = [record[name] for name in ("model", "model_version", "arm", "group", "opened_at")]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
