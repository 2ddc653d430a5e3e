"""`driftline ledger`: proof, from the logs alone, that every input record was used exactly once."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from driftline.audit import audit
from driftline.books import TRADES, Books, Role
from driftline.output import FAILED, OK, Refusal, is_terminal, say, show, show_json, show_table
from driftline.where import STATE, BrokersOption, JsonOption, ModelOption, PrefixOption, StateOption, where
from stream.evidence import Found, PartitionAccount
from stream.proof import Verdict

EVERY = "all"
COLUMNS: Mapping[Role, tuple[str, ...]] = {
    "scorer": ("absent", "read", "scored", "degraded", "rejected", "dead", "duplicate", "marks"),
    "labeler": ("absent", "read", "taken", "dead", "marks"),
}
FOUND: Mapping[Role, tuple[str, ...]] = {
    "scorer": ("predictions", "dead_letters"),
    "labeler": ("outcomes", "dead_letters"),
}

app = typer.Typer()


@app.command()
def ledger(
    *,
    model: ModelOption = None,
    role: Annotated[
        str, typer.Option(metavar="ROLE", help=f"Whose account: {', '.join(TRADES)} or {EVERY}.")
    ] = "scorer",
    group: Annotated[
        str | None, typer.Option(help="The consumer group whose account to judge; {model}.{role} by default.")
    ] = None,
    brokers: BrokersOption = None,
    state: StateOption = STATE,
    prefix: PrefixOption = None,
    as_json: JsonOption = False,
) -> None:
    """Prove from the logs that every input record was used exactly once; exit 1 where that cannot be shown."""
    roles = _roles(role, group)
    at = where(state=state, brokers=brokers, prefix=prefix, model=model)
    tell = say if is_terminal() else lambda _line: None
    judged: list[tuple[Books, Verdict]] = []
    for one in roles:
        books = Books(brokers=at.brokers, model=at.model, prefix=at.prefix, group=group, role=one)
        judged.append((books, audit(books, tell=tell)))
    if as_json:
        told = [as_data(books, verdict) for books, verdict in judged]
        show_json(told[0] if role != EVERY else {"model": at.model, "accounts": told})
    else:
        for number, (books, verdict) in enumerate(judged):
            if number:
                show("")
            print_verdict(verdict, books.role)
    raise typer.Exit(OK if all(verdict.status == "balanced" for _, verdict in judged) else FAILED)


def _roles(role: str, group: str | None) -> Sequence[Role]:
    roles = [one for one in TRADES if role in (one, EVERY)]
    if not roles:
        fix = f"choose one of {', '.join(TRADES)}, {EVERY}"
        raise Refusal(f"found --role {role}", cause="nobody has it", fix=fix)
    if group is not None and role == EVERY:
        raise Refusal("found --group with all roles", cause="a group has one role", fix="say which: --role ROLE")
    return roles


def as_data(books: Books, verdict: Verdict) -> dict[str, Any]:
    """The verdict for machines."""
    return {
        "model": books.model,
        "role": books.role,
        "group": books.reader,
        "verdict": verdict.status,
        "delivery": delivery(verdict),
        "first_fault": verdict.first_fault,
        "reason": verdict.reason,
        "partitions": [_row(account, books.role) for account in verdict.partitions],
    }


def delivery(verdict: Verdict) -> str:
    """How the account was written: at_least_once if any part of it was."""
    return "at_least_once" if any(one.may_repeat for one in verdict.partitions) else "exactly_once"


def _row(account: PartitionAccount, role: Role) -> dict[str, Any]:
    found: dict[str, Found | None] = {name: getattr(account, name) for name in FOUND[role]}
    return {
        "topic": account.topic,
        "partition": account.partition,
        "from": account.start,
        "to": account.end,
        **{name: getattr(account, name) for name in COLUMNS[role]},
        **{name: None if one is None else one.distinct for name, one in found.items()},
        "fault": str(account.fault) if account.fault else None,
    }


def print_verdict(verdict: Verdict, role: Role = "scorer") -> None:
    """The table a partition, the sums, the verdict."""
    rows = [_row(account, role) for account in verdict.partitions]
    keys = ("from", "to", *COLUMNS[role], *FOUND[role])
    # Where one topic is read its name would say nothing; of two, each has a row of that partition.
    named = len(TRADES[role].inputs) > 1
    table = [[f"{row['topic']}[{row['partition']}]" if named else row["partition"], *_cells(row, keys)] for row in rows]
    sums = ["all", "", "", *(_cell(_sum(rows, key)) for key in keys[2:])]
    show_table(("partition", *(key.replace("_", " ") for key in keys)), [*table, sums])
    show("")
    name = "ledger" if role == "scorer" else f"{role}'s ledger"
    how = ", at least once: some events may be answered again" if delivery(verdict) == "at_least_once" else ""
    show(f"{name}: {verdict.status}{how}", style="bold green" if verdict.status == "balanced" else "bold red")
    for line in (verdict.first_fault, verdict.reason):
        if line:
            show(line)


def _cells(row: Mapping[str, Any], keys: Sequence[str]) -> list[str]:
    return [_cell(row[key]) for key in keys]


def _sum(rows: list[dict[str, Any]], key: str) -> int | None:
    values = [row[key] for row in rows]
    return None if None in values else sum(values)


def _cell(value: Any) -> str:
    return "not kept" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
