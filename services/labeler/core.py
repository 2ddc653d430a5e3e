"""The pure join: a prediction's seat, the labels it hears, which outcome stands after each (decision 0012)."""

from dataclasses import dataclass, field, replace
from typing import Literal

Status = Literal["waiting", "matched", "expired", "revised", "matched_late", "duplicate"]
Result = Literal[
    "early", "matched", "late", "revised", "duplicate", "conflict", "outdated", "premature", "too_late", "orphan"
]
STATUSES: tuple[Status, ...] = ("waiting", "matched", "expired", "revised", "matched_late", "duplicate")
RESULTS: tuple[Result, ...] = (
    "early", "matched", "late", "revised", "duplicate", "conflict", "outdated", "premature", "too_late", "orphan",
)  # fmt: skip
MOST_LABELS = 15
NO_LABEL = -1


@dataclass(frozen=True, slots=True)
class Terms:
    """The contract's patience, µs: how long to wait for a label, for a late one, for its revision."""

    horizon: int
    late: int
    revision: int

    def deadline(self, time: int) -> int:
        """D: a label known by then is in time."""
        return time + self.horizon

    def late_until(self, time: int) -> int:
        """L: a first label known by then is late; one known after it is nobody's."""
        return time + self.horizon + self.late

    def leaves(self, time: int) -> int:
        """R: no label is heard any more, the seat is given up."""
        return time + self.horizon + self.late + self.revision


@dataclass(frozen=True, slots=True)
class Label:
    """What turned out to be true: `value` as the contract codes it, `at` when that was known, µs.

    `offset` is where it stands in its partition of the labels, `reached` how far that partition had come before it, µs.
    """

    value: float
    at: int
    revision: int
    offset: int
    reached: int

    def says_as(self, other: "Label") -> bool:
        """Whether both say the same: an event hears only the first of such."""
        return (self.value, self.at, self.revision) == (other.value, other.at, other.revision)


@dataclass(frozen=True, slots=True)
class Seat:
    """The first prediction of an event by one version and arm, and what has become of it.

    `words`, `segments` are the names of word sets (see room.words), `mode` an index into schemas.prediction.MODES,
    `offset` the prediction's own position in its partition, `source` the event's. `score`, `estimate` are NaN and
    `decision` -1 where there is none. `label` is an index into the entry's labels, -1 for none; `seq` counts the
    outcomes published so far, so it is also the seq of the next one.
    """

    words: int
    segments: int
    mode: int
    time: int
    offset: int
    source: int
    score: float
    estimate: float
    decision: int
    status: Status = "waiting"
    label: int = NO_LABEL
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """All that is known of one event id in one partition; `key` is the event's Kafka key where it is not the id."""

    seats: tuple[Seat, ...] = ()
    labels: tuple[Label, ...] = ()
    key: bytes | None = None
    has_own_key: bool = field(default=False)
    """Whether `key` says what the key is (None is a null key); otherwise the key is the id."""


def hear(seat: Seat, labels: tuple[Label, ...], index: int, terms: Terms) -> tuple[Seat, Result]:
    """The seat after it heard `labels[index]`, with what that label is to it; `seq` is not moved here."""
    label = labels[index]
    if label.at < seat.time:
        return seat, "premature"
    if label.reached > terms.leaves(seat.time):
        return seat, "too_late"
    if seat.label == NO_LABEL:
        return _hear_first(seat, label, index, terms)
    return _hear_again(seat, labels[seat.label], label, index, terms)


def _hear_first(seat: Seat, label: Label, index: int, terms: Terms) -> tuple[Seat, Result]:
    """The seat has no label yet."""
    if label.at > terms.late_until(seat.time):
        return seat, "orphan"
    if label.at > terms.deadline(seat.time):
        return replace(seat, label=index, status="matched_late"), "late"
    return replace(seat, label=index, status="matched"), "matched"


def _hear_again(seat: Seat, known: Label, label: Label, index: int, terms: Terms) -> tuple[Seat, Result]:
    """The seat has the label `known`."""
    if label.revision < known.revision:
        return seat, "outdated"
    if label.revision == known.revision:
        return seat, "duplicate" if label.value == known.value else "conflict"
    if label.at > terms.leaves(seat.time):
        return seat, "too_late"
    return replace(seat, label=index, status="revised"), "revised"


def hear_all(seat: Seat, labels: tuple[Label, ...], terms: Terms) -> Seat:
    """The seat after it heard every label in order: how a late seat catches up."""
    for index in range(len(labels)):
        seat, _ = hear(seat, labels, index, terms)
    return seat
