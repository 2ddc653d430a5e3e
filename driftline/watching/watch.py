"""A running model, looked at again and again: what its services count, what its topics say, what goes through now."""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from driftline.view.seen import Flow, Live, Role, Seen, Tick
from driftline.view.services import Answers, Service, asked
from driftline.view.times import WHOLE_NAME
from driftline.watching.counters import between, flow_of, lag_of, rates, reasons_of
from driftline.watching.following import Following
from driftline.where import Where
from stream.telemetry.scrape import Scraped

MOST_TICKS = 300
NOBODY = "No service is asked: none of this model runs here yet, and no --admin names one."
SPAN_SECONDS = 60.0
"""Times are those of so long, where anything was answered in it."""
LAST_MINUTE = "of the last minute"
SINCE = "since the services started"


@dataclass(frozen=True, kw_only=True)
class Look:
    """What was counted at a moment."""

    at: float
    flow: Flow
    metrics: Mapping[Role, Scraped]


class Watch:
    """Looks at a model; `services` says before each look whom to `ask`, for a stack may start or start anew meanwhile.

    `clock` says what time it is, in seconds since 1970.
    """

    def __init__(
        self,
        at: Where,
        services: Callable[[], Sequence[Service]],
        *,
        following: Following,
        ask: Callable[[Sequence[Service]], Answers] = asked,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._at, self._services, self._following = at, services, following
        self._ask, self._clock = ask, clock
        self._looks: deque[Look] = deque()
        self._ticks: deque[Tick] = deque(maxlen=MOST_TICKS)

    def look(self) -> Seen:
        """Everything there is to see now."""
        services = self._services()
        found = self._ask(services)
        now = Look(at=self._clock(), flow=flow_of(found.metrics), metrics=found.metrics)
        lag = lag_of(found.metrics)
        rate = self._since_last(now, lag)
        recent = self._recent(now)
        reports, alerts, trouble = self._following.known()
        missing = [] if services else [NOBODY]
        return Seen(
            model=self._at.model,
            taken_at=datetime.fromtimestamp(now.at, UTC),
            since=SINCE,
            flow=now.flow,
            reasons=reasons_of(found.metrics),
            served=found.served,
            metrics={**found.metrics, **({"scorer": recent} if recent else {})},
            lines=reports,
            alerts=alerts,
            missing=[*missing, *found.missing, *([trouble] if trouble else [])],
            live=Live(
                members=found.members,
                rates=rate,
                ticks=tuple(self._ticks),
                lag=lag,
                times=LAST_MINUTE if recent else SINCE,
            ),
        )

    def _since_last(self, now: Look, lag: Mapping[str, float]) -> Flow | None:
        """The rates since the look before; None at the first."""
        rate = None
        if self._looks and now.at > self._looks[-1].at:
            rate = rates(self._looks[-1].flow, now.flow, now.at - self._looks[-1].at)
            joined = sum(rate.outcomes.values())
            self._ticks.append(Tick(at=now.at, events=rate.read, outcomes=joined, lag=sum(lag.values())))
        self._looks.append(now)
        while len(self._looks) > 1 and now.at - self._looks[0].at > SPAN_SECONDS:
            self._looks.popleft()
        return rate

    def _recent(self, now: Look) -> Scraped | None:
        """The scorer's times of the last minute, where it committed anything in it."""
        recent = between(self._looks[0].metrics, now.metrics).get("scorer")
        return recent if recent is not None and recent.total(f"{WHOLE_NAME}_count") else None
