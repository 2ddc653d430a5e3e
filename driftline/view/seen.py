"""What is seen of one model at one moment, wherever it was read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from driftline.alerts.view import Standing
from driftline.drift.view import Line
from stream.telemetry.scrape import Scraped

Role = Literal["scorer", "labeler", "drift"]
ROLES: tuple[Role, ...] = ("scorer", "labeler", "drift")
ANSWERED = ("scored", "fallback", "prior")


@dataclass(frozen=True, kw_only=True)
class Flow:
    """How many records went which way.

    `events` by what became of each (scored, fallback, prior, rejected, dead, duplicate, mark); `outcomes` by status,
    one record each, of which a prediction may have several; `dead` letters by the topic they come from.
    """

    events: Mapping[str, float] = field(default_factory=dict)
    labels: float = 0
    outcomes: Mapping[str, float] = field(default_factory=dict)
    dead: Mapping[str, float] = field(default_factory=dict)

    @property
    def read(self) -> float:
        """Records of the features topic that were used, marks left out."""
        return sum(count for outcome, count in self.events.items() if outcome != "mark")

    @property
    def answered(self) -> float:
        """Events that got an answer, by the model or for it."""
        return sum(self.events.get(outcome, 0) for outcome in ANSWERED)


@dataclass(frozen=True, kw_only=True)
class Account:
    """What the ledger of one role came to: balanced, broken or unprovable, with where or why."""

    role: Role
    status: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Reasons:
    """How many rows or records, by reason, of each kind."""

    rejected: Mapping[str, int] = field(default_factory=dict)
    dead: Mapping[str, int] = field(default_factory=dict)
    degraded: Mapping[str, int] = field(default_factory=dict)
    marked: Mapping[str, int] = field(default_factory=dict)

    def kinds(self) -> dict[str, Mapping[str, int]]:
        """By what became of the row."""
        return {
            "rejected": self.rejected,
            "dead letter": self.dead,
            "answered by a stand-in": self.degraded,
            "scored with a mark": self.marked,
        }


@dataclass(frozen=True, kw_only=True)
class Served:
    """Which bundle answers."""

    version: str
    arm: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class Member:
    """A service that was asked, with whether it is ready; `why` says what it waits for."""

    role: Role
    address: str
    is_ready: bool
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Tick:
    """What went through in the time before `at` (seconds since 1970), a second; how far behind it was then."""

    at: float
    events: float
    outcomes: float
    lag: float


@dataclass(frozen=True, kw_only=True)
class Live:
    """What only somebody who keeps looking knows: what goes through now, and how that was lately; `times` of when."""

    members: Sequence[Member] = ()
    rates: Flow | None = None
    ticks: Sequence[Tick] = ()
    lag: Mapping[str, float] = field(default_factory=dict)
    times: str = ""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Everything that a page or a terminal shows; `missing` says what could not be had, and why."""

    model: str
    taken_at: datetime
    since: str
    flow: Flow = field(default_factory=Flow)
    accounts: Sequence[Account] = ()
    reasons: Reasons = field(default_factory=Reasons)
    served: Sequence[Served] = ()
    metrics: Mapping[Role, Scraped] = field(default_factory=dict)
    lines: Sequence[Line] = ()
    alerts: Standing = field(default_factory=lambda: Standing(open=(), resolved=()))
    missing: Sequence[str] = ()
    live: Live | None = None

    @property
    def rates(self) -> Flow | None:
        """How much goes through now, a second; None where nobody keeps looking, or only begins to."""
        return self.live.rates if self.live else None

    def scraped(self, role: Role) -> Scraped:
        """What a role's metrics say; nothing where nobody was asked."""
        return self.metrics.get(role, Scraped({}))
