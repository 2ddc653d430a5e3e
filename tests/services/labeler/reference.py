"""The join as decision 0012 tells it, over two whole partitions at once: the table that any interleaving must give."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Said(NamedTuple):
    """A prediction: the event, whose it is, the event's time."""

    id: bytes
    whose: int
    time: int


class Truth(NamedTuple):
    """A label: the event, its value, when that was known, its revision."""

    id: bytes
    value: float
    at: int
    revision: int


class Patience(NamedTuple):
    """How long is waited for a label, a late one, a revision."""

    horizon: int
    late: int
    revision: int


Row = tuple[str, Truth | None]
"""Status and label that stand in the end."""


def final_table(said: Iterable[Said], truths: Iterable[Truth], patience: Patience) -> dict[tuple[bytes, int], Row]:
    """By event and whose prediction: what is its outcome once all that will ever come has come."""
    heard = list(with_reached(truths, lambda truth: truth.at))
    table: dict[tuple[bytes, int], Row] = {}
    seated = set()
    for prediction, reached in with_reached(said, lambda prediction: prediction.time):
        key = prediction.id, prediction.whose
        if key in seated:
            continue
        if reached > prediction.time + patience.horizon + patience.late:
            table.setdefault(key, ("expired", None))
            continue
        seated.add(key)
        table[key] = outcome(prediction, [one for one in heard if one[0].id == prediction.id], patience)
    return table


def with_reached(rows: Iterable[T], time: Callable[[T], int]) -> Iterator[tuple[T, int]]:
    """Each row with the latest time before it."""
    latest = -(10**18)
    for row in rows:
        yield row, latest
        latest = max(latest, time(row))


def outcome(prediction: Said, labels: list[tuple[Truth, int]], patience: Patience) -> Row:
    """What becomes of a seat that hears these labels."""
    deadline = prediction.time + patience.horizon
    late = deadline + patience.late
    leaves = late + patience.revision
    stands: Row = ("expired", None)
    before = set[Truth]()
    for label, reached in labels:
        is_repeated, known = label in before, stands[1]
        before.add(label)
        if is_repeated or label.at < prediction.time or reached > leaves:
            continue
        if known is None and label.at <= late:
            stands = ("matched" if label.at <= deadline else "matched_late"), label
        elif known is not None and label.revision > known.revision and label.at <= leaves:
            stands = "revised", label
    return stands
