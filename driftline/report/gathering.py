"""What a model's topics say of a run: every answer, outcome and dead letter counted, both ledgers proven."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from driftline.alerts.view import standing
from driftline.audit import audit
from driftline.books import Books
from driftline.books import Role as LedgerRole
from driftline.dlq.letters import KINDS, Box, Letter, letters
from driftline.drift.command import reports
from driftline.drift.view import lines
from driftline.shown import printable
from driftline.view.seen import Account, Flow, Reasons, Seen
from driftline.view.services import Service, asked
from driftline.where import Where
from schemas.contracts import latest
from schemas.framing import PREFIX_BYTES, framed_id
from schemas.records import RecordRefused, body_reader, read_record
from schemas.topics import topic_name
from stream.kafka.scan import scan
from stream.proof import Verdict

Tell = Callable[[str], None]
Outcome = dict[str, Any]
MOST_REASONS = 12
OTHERS = "others"
STAND_INS = ("fallback", "prior")


@dataclass
class Counted:
    """Answers by mode and by reason, outcomes by status."""

    modes: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, Counter[str]] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)

    def answer(self, said: Mapping[str, Any]) -> None:
        """One more prediction."""
        mode = str(said["mode"])
        self.modes[mode] += 1
        kind = "degraded" if mode in STAND_INS else "marked" if mode == "scored" else mode
        self.reasons.setdefault(kind, Counter()).update(printable(one) for one in said["reasons"])

    def outcome(self, said: Outcome) -> Outcome:
        """One more outcome, which is given back."""
        self.statuses[str(said["status"])] += 1
        return said


def gathered(at: Where, services: Sequence[Service], tell: Tell) -> Seen:
    """Everything that the model's topics and services say. Raises Stopped."""
    counted = Counted()
    for kind in ("predictions", "outcomes"):
        tell(f"counting {topic_name(at.model, kind, prefix=at.prefix)}")
        for said in _records(at, kind):
            (counted.answer if kind == "predictions" else counted.outcome)(said)
    verdicts: dict[LedgerRole, Verdict] = {}
    for role in ("scorer", "labeler"):
        tell(f"proving the {role}'s ledger")
        books = Books(brokers=at.brokers, model=at.model, prefix=at.prefix, role=role)
        verdicts[role] = audit(books, tell=tell)
    tell("reading dead letters, drift reports and alerts")
    return put_together(at, counted, verdicts, services)


def put_together(
    at: Where, counted: Counted, verdicts: Mapping[LedgerRole, Verdict], services: Sequence[Service]
) -> Seen:
    """What was counted and proven, with dead letters, drift reports, alerts and metrics. Raises Stopped."""
    dead = {kind: letters(Box(brokers=at.brokers, model=at.model, prefix=at.prefix, kind=kind)) for kind in KINDS}
    found = asked(services)
    missing = [] if services else ["No service was asked: how long things took is not known here."]
    return Seen(
        model=at.model,
        taken_at=datetime.now(UTC),
        since="all that the topics keep",
        flow=flow_of(counted, verdicts, dead),
        accounts=[_account(role, verdict) for role, verdict in verdicts.items() if verdict.partitions],
        reasons=reasons_of(counted, [one for some in dead.values() for one in some]),
        served=found.served,
        metrics=found.metrics,
        lines=list(lines(reports(at.brokers, topic_name(at.model, "drift", prefix=at.prefix)))),
        alerts=standing(_records(at, "alerts")),
        missing=[*missing, *found.missing],
    )


def _records(at: Where, kind: str) -> Iterable[dict[str, Any]]:
    """The records of a topic, decoded by one plan for all that the newest version of the contract wrote."""
    name = kind.removesuffix("s")
    read = body_reader(name, latest(name))
    for batch in scan(at.brokers, [topic_name(at.model, kind, prefix=at.prefix)]):
        for value in batch.values:
            if value is not None:
                with suppress(RecordRefused):
                    yield _read(name, value, read)


def _read(name: str, value: bytes, read: Callable[[bytes], dict[str, Any]]) -> dict[str, Any]:
    if framed_id(value) is not None:
        with suppress(RecordRefused):
            return read(value[PREFIX_BYTES:])
    return read_record(name, value)  # an older version's


def flow_of(counted: Counted, verdicts: Mapping[LedgerRole, Verdict], dead: Mapping[str, Sequence[Letter]]) -> Flow:
    """Which way records went: what is on the topics, with what only the ledgers count."""
    scorer, labeler = verdicts["scorer"].partitions, verdicts["labeler"].partitions
    labels = [one for one in labeler if one.topic.endswith("labels")]
    return Flow(
        events={
            **counted.modes,
            "dead": len(dead["features"]),
            "duplicate": sum(one.duplicate for one in scorer),
            "mark": sum(one.marks for one in scorer),
        },
        labels=sum(one.read - one.marks for one in labels),
        outcomes=dict(counted.statuses),
        dead={kind: len(some) for kind, some in dead.items()},
    )


def _account(role: LedgerRole, verdict: Verdict) -> Account:
    return Account(role=role, status=verdict.status, detail=verdict.first_fault or verdict.reason or "")


def reasons_of(counted: Counted, dead: Sequence[Letter]) -> Reasons:
    """Why rows were refused, answered by a stand-in or marked, and letters set aside; of each the most frequent."""
    kinds = {kind: _most(counted.reasons.get(kind, Counter())) for kind in ("rejected", "degraded", "marked")}
    return Reasons(**kinds, dead=_most(Counter(printable(one.reason) for one in dead)))


def _most(counts: Counter[str]) -> dict[str, int]:
    """The most frequent; what is left over as one."""
    kept = dict(counts.most_common(MOST_REASONS))
    rest = counts.total() - sum(kept.values())
    return {**kept, OTHERS: rest} if rest else kept
