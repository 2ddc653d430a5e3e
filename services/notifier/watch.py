"""What the notifier lets be seen of itself."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from services.notifier.core import SEVERITIES, is_open
from services.notifier.courier import Courier
from services.notifier.posting import Verdict
from stream.telemetry.health import Health
from stream.telemetry.metrics import Metrics


class Watching:
    """Metrics and health; ready once the log was recalled, the topic is read, every Alertmanager took its last post."""

    def __init__(self, urls: Sequence[str]) -> None:
        self.metrics = Metrics()
        self.health = Health(["recalled", "assigned", *(f"alertmanager {url}" for url in urls)])
        self.metrics.set("driftline_build_info", 1, version=version("driftline"))

    def heard(self, result: str) -> None:
        """A record of the topic: its status, or `unreadable` or `deleted`."""
        self.metrics.inc("driftline_alert_records_total", result=result)

    def posted(self, url: str, verdict: Verdict, alerts: int) -> None:
        """What became of a post of so many alerts."""
        self.metrics.inc("driftline_alert_posts_total", alerts, result=verdict.value)
        if verdict is Verdict.FAILED:
            self.health.unmet(f"alertmanager {url}")
        else:
            self.health.met(f"alertmanager {url}")

    def look(self, couriers: Mapping[str, Courier], now: float) -> None:
        """How many alerts stand, how many posts wait; an Alertmanager to whom nothing is to be said is no trouble."""
        letters = [letter.record for courier in couriers.values() for letter in courier.letters.values()]
        standing: dict[str, Any] = {one["alert_id"]: one["severity"] for one in letters if is_open(one)}
        for severity in SEVERITIES:
            self.metrics.set("driftline_open_alerts", list(standing.values()).count(severity), severity=severity)
        self.metrics.set("driftline_unsent_alerts", sum(one.unsent(now) for one in couriers.values()))
        for url, courier in couriers.items():
            if not courier.failures and not courier.unsent(now):
                self.health.met(f"alertmanager {url}")
