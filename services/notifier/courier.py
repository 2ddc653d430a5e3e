"""What one Alertmanager has yet to be told, and when: pure, time and chance are arguments."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from services.notifier.core import MICROS, Post, Record, Words, former, is_open, over, standing

NEVER = float("inf")
REMEMBERED_SECONDS = 86_400.0
"""An alert that ended so long before a start was told, or its last post has long run out."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """An open alert is posted again every `resend_seconds`; after a failure the next try waits, each time longer."""

    resend_seconds: float = 60.0
    first_seconds: float = 1.0
    longest_seconds: float = 60.0

    def after(self, failures: int, chance: float) -> float:
        """How long to wait after so many failures in a row: doubled each time, then by `chance` up to a half less."""
        doubled = self.first_seconds * 2.0 ** min(failures - 1, 30)
        return min(self.longest_seconds, doubled) * (1 - chance / 2)


@dataclass(kw_only=True)
class Letter:
    """An alert's latest record, when to post it next, the severities under which it may stand there.

    `revision` counts records: what was accepted meanwhile may have been an older one.
    """

    record: Record
    due: float
    taken: frozenset[str] = frozenset()
    revision: int = 0


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """What is posted of one alert at once, and under which severity it then stands; None where it is over."""

    alert_id: str
    revision: int
    posts: Sequence[Post]
    severity: str | None


@dataclass(kw_only=True)
class Courier:
    """The letters for one Alertmanager. What is not accepted stays; nothing waits for it but itself.

    `now` is a clock that only goes on, in seconds; `at` the time of day, in seconds since 1970.
    """

    words: Words
    patience: Patience
    chance: Callable[[], float]
    letters: dict[str, Letter] = field(default_factory=dict)
    failures: int = 0
    not_before: float = 0.0

    def recalled(self, record: Record, now: float, at: float) -> None:
        """Take up an alert as the log has it at a start: who knows what was posted before."""
        if is_open(record) or at - record["written_at"] / MICROS <= REMEMBERED_SECONDS:
            taken = frozenset(one["severity"] for one in record["history"])
            self.letters[record["alert_id"]] = Letter(record=record, due=now, taken=taken | {record["severity"]})

    def heard(self, record: Record, now: float) -> None:
        """A record came: it is to be posted at once."""
        was = self.letters.get(record["alert_id"])
        taken, revision = (was.taken, was.revision + 1) if was else (frozenset[str](), 0)
        self.letters[record["alert_id"]] = Letter(record=record, due=now, taken=taken, revision=revision)

    def due(self, now: float, at: float) -> list[Parcel]:
        """What to post now; nothing while a failure is waited out."""
        if now < self.not_before:
            return []
        return [self._parcel(name, one, at) for name, one in self.letters.items() if one.due <= now]

    def _parcel(self, name: str, letter: Letter, at: float) -> Parcel:
        """An alert that came and went unheard is told as one that stands first, for else nobody would be told."""
        record, words = letter.record, self.words
        stands = is_open(record) or not letter.taken
        said = (standing if stands else over)(record, words, at)
        said += former(record, letter.taken, words, at)
        severity = record["severity"] if stands else None
        return Parcel(alert_id=name, revision=letter.revision, posts=said, severity=severity)

    def accepted(self, parcel: Parcel, now: float) -> None:
        """The Alertmanager took it; or refused this very alert, which is then not said again until it is due again."""
        self.failures, self.not_before = 0, 0.0
        letter = self.letters[parcel.alert_id]
        letter.taken = frozenset() if parcel.severity is None else frozenset({parcel.severity})
        if letter.revision == parcel.revision:
            letter.due = now + self.patience.resend_seconds
            if parcel.severity is None:
                del self.letters[parcel.alert_id]

    def failed(self, now: float) -> None:
        """Nobody answered as they should: everything stays, later."""
        self.failures += 1
        self.not_before = now + self.patience.after(self.failures, self.chance())

    def next_at(self) -> float:
        """When there will be something to do; NEVER where nothing is known of."""
        return max(self.not_before, min((one.due for one in self.letters.values()), default=NEVER))

    def unsent(self, now: float) -> int:
        """How many alerts wait to be posted."""
        return sum(one.due <= now for one in self.letters.values())
