"""Which dead letters are meant: the filters that list and redrive share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from driftline.dlq.letters import KINDS, SENT_AGAIN, Box, Id, Letter
from driftline.output import Refusal
from driftline.where import Where
from schemas.durations import parse_duration

ReasonOption = Annotated[
    list[str] | None, typer.Option("--reason", metavar="CODE", help="Only those set aside for this; may be repeated.")
]
SinceOption = Annotated[
    str | None, typer.Option("--since", metavar="WHEN", help="Only those set aside since: 30m, 2h, 7d or an ISO time.")
]
UntilOption = Annotated[
    str | None, typer.Option("--until", metavar="WHEN", help="Only those set aside before: 30m, 2h, 7d or an ISO time.")
]
PartitionOption = Annotated[
    list[int] | None, typer.Option("--partition", metavar="P", help="Only this partition's; may be repeated.")
]
SourceOption = Annotated[
    str | None,
    typer.Option("--source-offset", metavar="A-B", help="Only those that stood at offsets A to B, both included."),
]
TopicOption = Annotated[str, typer.Option("--topic", metavar="KIND", help=f"Whose letters: one of {', '.join(KINDS)}.")]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a letter must be; what is left out is not looked at. `ids` are letters named one by one."""

    reasons: frozenset[str] = frozenset()
    since_millis: int | None = None
    until_millis: int | None = None
    partitions: frozenset[int] = frozenset()
    sources: tuple[int, int | None] | None = None
    ids: frozenset[Id] = frozenset()

    def takes(self, letter: Letter) -> bool:
        """Whether a letter is meant."""
        return (
            (not self.reasons or letter.reason in self.reasons)
            and (self.since_millis is None or letter.at_millis >= self.since_millis)
            and (self.until_millis is None or letter.at_millis < self.until_millis)
            and (not self.partitions or letter.partition in self.partitions)
            and (self.sources is None or self._stood_there(letter))
            and (not self.ids or letter.id in self.ids)
        )

    def _stood_there(self, letter: Letter) -> bool:
        first, last = self.sources or (0, None)
        return letter.source is not None and letter.source[1] >= first and (last is None or letter.source[1] <= last)


def wanted(
    *,
    reason: Sequence[str] | None,
    since: str | None,
    until: str | None,
    partition: Sequence[int] | None,
    source_offset: str | None,
    ids: Sequence[str] | None = None,
    now: datetime | None = None,
) -> Wanted:
    """The filters as they were typed. Raises Refusal for one that cannot be read."""
    at = now or datetime.now(UTC)
    return Wanted(
        reasons=frozenset(reason or ()),
        since_millis=None if since is None else moment(since, at),
        until_millis=None if until is None else moment(until, at),
        partitions=frozenset(partition or ()),
        sources=None if source_offset is None else _span(source_offset),
        ids=frozenset(id_of(text) for text in ids or ()),
    )


def box_of(at: Where, kind: str) -> Box:
    """The letters of one of a model's topics. Raises Refusal for a topic that has none."""
    if kind not in KINDS:
        raise Refusal(
            f"found --topic {kind}", cause="nothing is set aside from there", fix=f"choose one of {', '.join(KINDS)}"
        )
    return Box(brokers=at.brokers, model=at.model, prefix=at.prefix, kind=kind)


def box_to_empty(at: Where, kind: str) -> Box:
    """The letters of a topic to which they may be sent again. Raises Refusal for another."""
    box = box_of(at, kind)
    if kind not in SENT_AGAIN:
        cause = "each accounts for a transaction that is over: nobody waits for it, and sent again it would count twice"
        fix = f"`driftline dlq list --topic {kind}` shows why each was set aside; choose one of {', '.join(SENT_AGAIN)}"
        raise Refusal(f"letters of {kind} are not sent again", cause=cause, fix=fix)
    return box


def moment(text: str, now: datetime) -> int:
    """A time in milliseconds since 1970: ISO 8601 (UTC where it names no zone), or a duration before `now`."""
    try:
        at = now - parse_duration(text)
    except (ValueError, OverflowError):
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            fix = "write 30m, 2h, 7d, or a time such as 2026-11-25T23:00:00Z"
            raise Refusal(f"found {text!r}, expected a duration or a time", fix=fix) from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def id_of(text: str) -> Id:
    """A letter's partition and offset as P:O. Raises Refusal."""
    partition, sign, offset = text.partition(":")
    if not (sign and partition.isdecimal() and offset.isdecimal()):
        raise Refusal(f"found {text!r}, expected a letter", fix="write PARTITION:OFFSET, as `driftline dlq list` does")
    return int(partition), int(offset)


def _span(text: str) -> tuple[int, int | None]:
    first, sign, last = text.partition("-")
    if not first.isdecimal() or (last and not last.isdecimal()):
        raise Refusal(f"found {text!r}, expected offsets", fix="write 120, 120-180 or 120-")
    return int(first), int(last) if last else None if sign else int(first)
