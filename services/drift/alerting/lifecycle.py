"""The lifecycle of alerts: signals of judged windows in, alert records out, the same however they are batched."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.drift.alerting.alert import Alert, Rules
from services.drift.alerting.grouping import ALERTS, group_of, windows
from services.drift.alerting.signal import Signal
from services.drift.alerting.transitions import Told

Key = tuple[str, str, str]
"""Model version, arm, group: at most one alert of a key is open."""
RULES = Rules()


@dataclass(frozen=True, kw_only=True)
class About:
    """What the alerts of one model say beside what was judged; `runbooks` stands before a runbook's file name."""

    model: str
    team: str = ""
    contact: str = ""
    runbooks: str = "docs/runbooks/"


class Lifecycle:
    """The alerts of one model: open, updated, resolved, reopened.

    Nothing here knows a clock or chance: the same windows in the same order give the same records, with the same ids.
    """

    def __init__(self, about: About, rules: Rules = RULES) -> None:
        self._about, self._rules = about, rules
        self._alerts: dict[Key, Alert] = {}

    def judged(self, signals: Sequence[Signal]) -> list[Told]:
        """Take the signals of one or more whole windows; the records to be told, without `written_at`.

        A window's signals stand together, in any order among themselves; it tells at most one record an alert.
        """
        return [record for window in windows(signals) for record in self._window(window)]

    def _window(self, window: Sequence[Signal]) -> Iterator[Told]:
        fired = {key for signal in window if (key := self._heard(signal)) is not None}
        end = window[0].end
        for key, alert in list(self._alerts.items()):
            told = alert.settle(end, self._rules, fired=key in fired)
            if told is not None:
                yield told
        self._forget()

    def _heard(self, signal: Signal) -> Key | None:
        """Let every alert that it speaks of take note of it; the key of the one that it fired."""
        for (version, arm, _), alert in self._alerts.items():
            if arm == signal.arm and version != signal.model_version:
                alert.passed_over(signal, self._rules.gone)
            elif arm == signal.arm and not signal.fired:
                alert.rests(signal)
        if not signal.fired:
            return None
        group = group_of(signal, {name: self._is_open(signal, name) for name in ALERTS})
        if group is None:
            return None
        key = (signal.model_version, signal.arm, group)
        if key not in self._alerts or not self._alerts[key].reopens(signal.end, self._rules):
            self._alerts[key] = Alert(record=self._begun(key))
        self._alerts[key].fires(signal)
        return key

    def _is_open(self, signal: Signal, group: str) -> bool:
        alert = self._alerts.get((signal.model_version, signal.arm, group))
        return alert is not None and alert.is_open()

    def _begun(self, key: Key) -> Told:
        about, (version, arm, group) = self._about, key
        return {
            "model": about.model,
            "model_version": version,
            "arm": arm,
            "group": group,
            "team": about.team,
            "contact": about.contact,
            "runbook": f"{about.runbooks}{ALERTS[group]}.md",
        }

    def _forget(self) -> None:
        """Of the resolved alerts only the latest are remembered."""
        over = sorted((alert.record["updated_at"], key) for key, alert in self._alerts.items() if not alert.is_open())
        for _, key in over[: max(0, len(over) - self._rules.resolved)]:
            del self._alerts[key]

    def state(self) -> dict[str, Any]:
        """What JSON can hold of all alerts; nothing in it changes afterwards."""
        return {"alerts": [alert.state() for alert in self._alerts.values()]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state, forgetting what is here."""
        alerts = [Alert.restored(one) for one in state["alerts"]]
        self._alerts = {tuple(a.record[name] for name in ("model_version", "arm", "group")): a for a in alerts}
