"""What the notifier lets be seen of itself."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from services.notifier.core import SEVERITIES, is_open
from services.notifier.courier import Courier
from services.notifier.posting import Verdict
from stream.telemetry.health import Health
from stream.telemetry.metrics import Metrics

CHATTY = ("aiokafka", "faust", "mode", "services.notifier.transport")
SELDOM_SECONDS = 10.0


class Seldom(logging.Filter):
    """Lets a library say the same thing once in ten seconds: without a broker aiokafka says it many times a second."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock, self._said = clock, dict[tuple[str, str], float]()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it was not said of late; its arguments may differ."""
        now, said = self._clock(), (record.name, str(record.msg))
        is_new = now - self._said.get(said, -SELDOM_SECONDS) >= SELDOM_SECONDS
        if is_new:
            self._said = {one: at for one, at in self._said.items() if now - at < SELDOM_SECONDS} | {said: now}
        return is_new


def hush() -> None:
    """Let faust and its client log what went wrong, seldom, and nothing of what went well."""
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    for handler in logging.getLogger().handlers:
        handler.addFilter(Seldom())


class Watching:
    """Metrics and health; ready once the log was recalled, the topic is read, every Alertmanager took its last post."""

    def __init__(self, urls: Sequence[str]) -> None:
        self.metrics = Metrics("notifier")
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
