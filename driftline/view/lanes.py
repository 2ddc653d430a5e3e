"""The pipeline as lanes: what each service read, how it does, what it made of that."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from driftline.drift.view import SEVERITIES
from driftline.view.seen import Flow, Member, Role, Seen
from driftline.view.summary import Tone
from driftline.view.words import count, rate

EVENT_WORDS: Mapping[str, tuple[str, Tone]] = {
    "scored": ("scored by the model", "good"),
    "fallback": ("answered by the fallback", "warn"),
    "prior": ("answered by the prior", "warn"),
    "rejected": ("rejected, with reasons", "warn"),
    "dead": ("dead letters", "bad"),
    "duplicate": ("duplicates, not answered again", "plain"),
}
OUTCOME_WORDS: Mapping[str, tuple[str, Tone]] = {
    "matched": ("matched", "good"),
    "matched_late": ("matched late", "good"),
    "revised": ("revised", "plain"),
    "expired": ("expired without a label", "plain"),
    "duplicate": ("duplicates", "plain"),
}


@dataclass(frozen=True, kw_only=True)
class Share:
    """A part of what a service made, with its share of the largest part in percent, for its bar."""

    name: str
    value: str
    percent: float
    tone: Tone


@dataclass(frozen=True, kw_only=True)
class Lane:
    """One service between what it reads and what it writes."""

    role: Role
    sources: tuple[tuple[str, str, str], ...]
    states: tuple[tuple[str, Tone], ...]
    result: str
    shares: tuple[Share, ...]


def lanes(seen: Seen) -> list[Lane]:
    """Scorer, labeler and drift, in the order of an event's way."""
    return [_scorer(seen), _labeler(seen), _drift(seen)]


def _scorer(seen: Seen) -> Lane:
    flow, now = seen.flow, seen.rates
    source = (f"{seen.model}.features", count(flow.read), _rate(now, now.read if now else 0))
    parts = [(*EVENT_WORDS[one], flow.events.get(one, 0)) for one in EVENT_WORDS]
    return Lane(
        role="scorer",
        sources=(source,),
        states=tuple(_states(seen, "scorer")),
        result=f"{seen.model}.predictions",
        shares=_shares(parts, always=("scored by the model", "rejected, with reasons", "dead letters")),
    )


def _labeler(seen: Seen) -> Lane:
    flow, now = seen.flow, seen.rates
    answers = flow.answered + flow.events.get("rejected", 0)
    sources = (
        (f"{seen.model}.predictions", count(answers), ""),
        (f"{seen.model}.labels", count(flow.labels), _rate(now, now.labels if now else 0)),
    )
    parts = [(*OUTCOME_WORDS.get(one, (one, "plain")), number) for one, number in flow.outcomes.items()]
    dead = sum(flow.dead.get(kind, 0) for kind in ("labels", "predictions"))
    return Lane(
        role="labeler",
        sources=sources,
        states=tuple(_states(seen, "labeler")),
        result=f"{seen.model}.outcomes",
        shares=_shares([*parts, ("dead letters", "bad", dead)], always=("matched",)),
    )


def _drift(seen: Seen) -> Lane:
    every = [one for line in seen.lines for one in line.every]
    told = {severity: sum(one["severity"] == severity for one in every if one["judged"]) for severity in SEVERITIES}
    parts: list[tuple[str, Tone, float]] = [
        ("windows that say nothing", "good", told["none"]),
        ("windows that inform", "plain", told["info"]),
        ("windows that warn", "warn", told["warning"]),
        ("windows that are critical", "bad", told["critical"]),
        ("not judged", "plain", sum(not one["judged"] for one in every)),
    ]
    return Lane(
        role="drift",
        sources=((f"{seen.model}.profiles", "", "what the two above say of each transaction"),),
        states=tuple(_states(seen, "drift")),
        result=f"{seen.model}.drift",
        shares=_shares(parts, always=("windows that say nothing",)),
    )


def _rate(now: Flow | None, a_second: float) -> str:
    return "" if now is None else rate(a_second)


def _states(seen: Seen, role: Role) -> Iterator[tuple[str, Tone]]:
    """What is known of how the service does: its ledger; when watched, whether it is ready and how far behind."""
    for account in seen.accounts:
        if account.role == role:
            tones: dict[str, Tone] = {"balanced": "good", "broken": "bad"}
            yield f"ledger {account.status}", tones.get(account.status, "warn")
    if seen.live:
        mine = [one for one in seen.live.members if one.role == role]
        yield from (_ready(one) for one in mine)
        if not mine:
            yield "not asked", "plain"
        if role in seen.live.lag:
            yield f"{count(seen.live.lag[role])} behind", "plain"


def _ready(member: Member) -> tuple[str, Tone]:
    return ("ready", "good") if member.is_ready else (member.why or "not ready", "bad")


def _shares(parts: list[tuple[str, Tone, float]], *, always: tuple[str, ...]) -> tuple[Share, ...]:
    most = max((number for _, _, number in parts), default=0) or 1.0
    return tuple(
        Share(name=name, value=count(number), percent=round(100 * number / most, 2), tone=tone)
        for name, tone, number in parts
        if number or name in always
    )
