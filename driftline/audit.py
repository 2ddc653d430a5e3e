"""The audit of a model's ledger: everything it needs is read from Kafka's own logs."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from driftline.books import Books, Sources, joined, predicted, set_aside, waiting
from schemas.records import RecordRefused, read_record
from stream.evidence import Facts, Found
from stream.faults import Stopped
from stream.kafka.reading import committed_of
from stream.kafka.scan import edges, scan
from stream.ledger import AT_LEAST_ONCE, Range, range_of, standing
from stream.places import by_place
from stream.proof import Verdict, prove
from stream.records import Place

NEEDED = ("group", "arm", "ranges")
TRIES, PAUSE_SECONDS = 5, 0.5
Tell = Callable[[str], None]


@dataclass
class Account:
    """What the profile log says of one group."""

    ranges: list[Range] = field(default_factory=list)
    arms: set[str] = field(default_factory=set)
    spans: dict[Place, list[tuple[int, int]]] = field(default_factory=dict)
    ends: dict[Place, int] = field(default_factory=dict)


def audit(books: Books, *, begins: Mapping[Place, int] | None = None, tell: Tell = lambda _line: None) -> Verdict:
    """Prove a group's account from the logs alone; what only looks broken while a commit arrives is looked at again.

    `begins` says where reading ought to have begun, where that is known. Raises Stopped.
    """
    seen = waiting(books)
    verdict = _once(books, begins or {}, tell)
    for _ in range(TRIES - 1):
        if verdict.status != "broken":
            return verdict
        time.sleep(PAUSE_SECONDS)
        verdict = _once(books, begins or {}, tell)
    hanging = sorted(seen.items() & waiting(books).items())
    if verdict.status != "broken" or not hanging:
        return verdict
    (topic, partition), offset = hanging[0]
    reason = (
        f"a transaction has been open on {topic}[{partition}] since offset {offset}: nobody can see what stands behind "
        "it. A dead writer's ends with its time-out; if this one stays, end it with `kafka-transactions.sh abort`"
    )
    return replace(verdict, status="unprovable", reason=reason)


def _once(books: Books, begins: Mapping[Place, int], tell: Tell) -> Verdict:
    inputs, profiles, outputs = books.inputs, books.topic("profiles"), books.outputs
    kept = edges(books.brokers, [*inputs, profiles, *outputs], file=books.file)
    places = [place for place in kept if place.topic in inputs]
    before = committed_of(books.brokers, books.reader, places, file=books.file)
    tell(f"reading {profiles}")
    account = _account(books)
    after = committed_of(books.brokers, books.reader, places, file=books.file)
    tell(f"reading {outputs[0]}")
    answered = _tally(predicted(books, account.arms) if books.role == "scorer" else joined(books), account)
    tell(f"reading {', '.join(outputs[1:])}")
    letters = _tally(set_aside(books), account)
    facts = Facts(
        first_offset=kept[Place(profiles, 0)][0],
        predictions=answered if books.role == "scorer" else None,
        outcomes=answered if books.role == "labeler" else None,
        dead_letters=letters,
        unknown=_unknown(books, kept),
        reread=(found := _reread(books, account, kept)),
        unread=frozenset(one.place for one in account.ranges if one.absent and one.place not in found),
        begins=begins,
        committed={place: (before[place], after[place]) for place in places if place in before and place in after},
    )
    return prove(account.ranges, facts)


def _unknown(books: Books, kept: Mapping[Place, tuple[int, int]]) -> frozenset[Place]:
    """The inputs whose outputs retention may have taken: an output lies on the partition of its input's number."""
    gone = {place for place, (first, _) in kept.items() if place.topic in books.outputs and first > 0}
    return frozenset(
        Place(topic, place.partition)
        for topic, letters in zip(books.inputs, books.outputs[1:], strict=True)
        for place in gone
        if place.topic in (books.outputs[0], letters)
    )


def _account(books: Books) -> Account:
    """The group's ranges in log order."""
    account = Account()
    for batch in scan(books.brokers, [books.topic("profiles")], file=books.file):
        for row, (offset, value) in enumerate(zip(batch.offsets.tolist(), batch.values, strict=True)):
            may_repeat = AT_LEAST_ONCE in (batch.headers(row) or ())
            profile = _profile(books, offset, value)
            if profile["group"] != books.reader:
                continue
            account.arms.add(profile["arm"])
            for record in profile["ranges"]:
                found = replace(range_of(record, where=f"offset {offset}"), may_repeat=may_repeat)
                account.ranges.append(found)
    _place(account)
    return account


def _place(account: Account) -> None:
    """Where each partition's account stands, by the ranges that still count."""
    by_partition: dict[Place, list[Range]] = {}
    for one in account.ranges:
        by_partition.setdefault(one.place, []).append(one)
    for place, ranges in by_partition.items():
        kept = standing(ranges)
        account.spans[place] = [(one.start, one.end) for one in kept if one.start < one.end]
        account.ends[place] = max(one.end for one in kept)


def _profile(books: Books, offset: int, value: bytes | None) -> dict[str, Any]:
    try:
        return read_record("profile", value or b"", fields=NEEDED)
    except RecordRefused as refused:
        raise Stopped(
            f"{books.topic('profiles')} offset {offset} is no profile: {refused}",
            cause="somebody else writes to the profile log, or a newer driftline does",
            fix="only scorers and labelers may write there: restrict the topic; read it with the newest driftline",
        ) from refused


def _tally(sources: Sources, account: Account) -> dict[Place, Found]:
    """How many positions each partition's outputs name, those after the account's end left for the next audit."""
    offsets: dict[Place, list[int]] = {}
    for place, offset in sources:
        if offset < account.ends.get(place, 0):
            offsets.setdefault(place, []).append(offset)
    found = {}
    for place, some in offsets.items():
        distinct = np.unique(np.array(some, np.int64))
        spans = np.array(sorted(account.spans.get(place, [])), np.int64).reshape(-1, 2)
        before = np.searchsorted(spans[:, 0], distinct, side="right") - 1
        inside = int(((before >= 0) & (distinct < np.append(spans[:, 1], 0)[before])).sum())
        found[place] = Found(distinct=inside, repeated=len(some) - len(distinct), outside=len(distinct) - inside)
    return found


def _reread(books: Books, account: Account, kept: Mapping[Place, tuple[int, int]]) -> dict[Place, int]:
    """The records really there, in partitions whose account says that some positions hold none."""
    absent = {one.place for one in account.ranges if one.absent}
    starts = {place: min(account.spans[place])[0] for place in absent}
    readable = {place: start for place, start in starts.items() if kept.get(place, (0, 0))[0] <= start}
    counts = dict.fromkeys(readable, 0)
    if not readable:
        return counts
    for batch in scan(books.brokers, books.inputs, start=readable, file=books.file):
        for place, mine in by_place(batch, np.arange(len(batch))):
            counts[place] += int((batch.offsets[mine] < account.ends[place]).sum())
    return counts
