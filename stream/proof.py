"""The verdict on an account: balanced, broken at a named place, or beyond proof."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from stream.evidence import Facts, Found, PartitionAccount
from stream.ledger import COUNTS, Fault, Range, faults, standing
from stream.records import Place

Status = Literal["balanced", "broken", "unprovable"]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the ranges prove; `reason` says why nothing can be proved, when nothing can."""

    status: Status
    partitions: tuple[PartitionAccount, ...]
    reason: str | None = None

    @property
    def fault(self) -> Fault | None:
        """The first fault by topic, partition, offset."""
        return next((account.fault for account in self.partitions if account.fault), None)

    @property
    def first_fault(self) -> str | None:
        """The first fault in words."""
        return str(self.fault) if self.fault else None


def prove(ranges: Iterable[Range], facts: Facts | None = None) -> Verdict:
    """Judge ranges of any number of partitions, given in log order, by the tiling law, then by the facts."""
    known = facts or Facts()
    by_place: dict[Place, list[Range]] = {place: [] for place in known.places()}
    for one in ranges:
        by_place.setdefault(one.place, []).append(one)
    accounts = tuple(_judged(place, by_place[place], known) for place in sorted(by_place))
    if any(account.fault for account in accounts):
        return Verdict(status="broken", partitions=accounts)
    reason = _beyond_proof(accounts, known)
    return Verdict(status="unprovable" if reason else "balanced", partitions=accounts, reason=reason)


def _beyond_proof(accounts: Sequence[PartitionAccount], facts: Facts) -> str | None:
    if facts.first_offset > 0:
        return f"the profile log begins at offset {facts.first_offset}: retention has taken what came before"
    for account in accounts:
        place = Place(account.topic, account.partition)
        if place in facts.unknown:
            return f"retention has taken outputs of {place.topic}[{place.partition}]: nobody can count them"
        if account.absent and place in facts.unread:
            what = f"retention has taken {place.topic}[{place.partition}]"
            return f"{what}: that {account.absent} of its positions held no record can only be believed"
    return None if accounts else "the profile log holds no account yet"


def _judged(place: Place, ranges: Sequence[Range], facts: Facts) -> PartitionAccount:
    """The sums of a place with the first fault in them; the facts are asked once the ranges hold."""
    every, ranges = ranges, standing(ranges)
    sums = {name: sum(getattr(one, name) for one in ranges) for name in COUNTS}
    account = PartitionAccount(
        topic=place.topic,
        partition=place.partition,
        start=min((one.start for one in ranges), default=0),
        end=max((one.end for one in ranges), default=0),
        predictions=_looked(facts.predictions, place, facts.unknown),
        dead_letters=_looked(facts.dead_letters, place, facts.unknown),
        outcomes=_looked(facts.outcomes, place, facts.unknown),
        may_repeat=any(one.may_repeat for one in every),
        **sums,
    )
    first = min(faults(ranges), key=lambda fault: (fault.start, fault.end), default=None)
    return replace(account, fault=first or next(_contradicted(account, facts), None))


def _looked(table: Mapping[Place, Found] | None, place: Place, unknown: frozenset[Place]) -> Found | None:
    return None if table is None or place in unknown else table.get(place, Found(distinct=0))


def _contradicted(account: PartitionAccount, facts: Facts) -> Iterator[Fault]:
    """Where a fact says otherwise than the account."""
    yield from _misplaced(account, facts)
    reread = facts.reread.get(Place(account.topic, account.partition), account.read)
    if reread != account.read:
        what = f"found {reread} records on reading again, expected {account.read} ({account.absent} absent)"
        yield _whole(account, what)
    older_gone = facts.first_offset > 0
    # Once more is what at least once allows; never, or from nowhere, is not.
    predictions, letters = (_once(found, account) for found in (account.predictions, account.dead_letters))
    for kind, found, expected in (
        ("predictions", predictions, account.answered),
        ("dead letters", letters, account.dead),
    ):
        wrong = _miscounted(found, expected, older_gone=older_gone) if found else None
        if wrong:
            yield _whole(account, f"{kind}: {wrong}")
    joined = account.outcomes and _overjoined(account.outcomes, account.taken, older_gone=older_gone)
    if joined:
        yield _whole(account, f"outcomes: {joined}")


def _once(found: Found | None, account: PartitionAccount) -> Found | None:
    return replace(found, repeated=0) if found is not None and account.may_repeat else found


def _misplaced(account: PartitionAccount, facts: Facts) -> Iterator[Fault]:
    """Where the account begins or ends elsewhere than the group's own positions say."""
    place = Place(account.topic, account.partition)
    begins = facts.begins.get(place, account.start)
    if begins != account.start and facts.first_offset == 0:
        low, high = sorted((begins, account.start))
        what = f"found the first account at {account.start}, expected it at {begins}"
        yield replace(_whole(account, what), start=low, end=high)
    before, after = facts.committed.get(place, (account.end, account.end))
    has_ranges = account.start != 0 or account.end != 0
    # Whoever writes at least once accounts before committing: the account may be ahead of where the group stands.
    after = max(after, account.end) if account.may_repeat else after
    if not before <= account.end <= after and (has_ranges or facts.first_offset == 0):
        low, high = sorted((account.end, before if account.end < before else after))
        stands = str(before) if before == after else f"{before} to {after}"
        what = f"found the account's end at {account.end}, expected {stands}, where the group stands"
        yield replace(_whole(account, what), start=low, end=high)


def _miscounted(found: Found, expected: int, *, older_gone: bool) -> str | None:
    if wrong := _astray(found, older_gone=older_gone):
        return wrong
    if found.distinct != expected:
        return f"found {found.distinct} source positions, expected {expected} by the account"
    return None


def _overjoined(found: Found, taken: int, *, older_gone: bool) -> str | None:
    """Some of what was taken joins nothing yet, but nothing else is joined, and nothing twice."""
    if wrong := _astray(found, older_gone=older_gone):
        return wrong
    return f"found {found.distinct} source positions, expected {taken} at most" if found.distinct > taken else None


def _astray(found: Found, *, older_gone: bool) -> str | None:
    if found.repeated:
        return f"found {found.repeated} more than one a source position, expected none"
    if found.outside and not older_gone:
        return f"found {found.outside} from positions that no account covers, expected none"
    return None


def _whole(account: PartitionAccount, what: str) -> Fault:
    return Fault(topic=account.topic, partition=account.partition, start=account.start, end=account.end, what=what)
