"""`driftline ledger`: proof, from the logs alone, that every input record was used exactly once."""

from typing import Annotated, Any

import typer

from driftline.audit import audit
from driftline.books import Books
from driftline.output import FAILED, OK, is_terminal, say, show, show_json, show_table
from driftline.where import STATE, BrokersOption, JsonOption, ModelOption, PrefixOption, StateOption, where
from stream.proof import PartitionAccount, Verdict

COLUMNS = ("from", "to", "absent", "read", "scored", "degraded", "rejected", "dead", "duplicate", "marks")

app = typer.Typer()


@app.command()
def ledger(
    *,
    model: ModelOption = None,
    group: Annotated[
        str | None, typer.Option(help="The consumer group whose account to judge; the scorer's by default.")
    ] = None,
    brokers: BrokersOption = None,
    state: StateOption = STATE,
    prefix: PrefixOption = None,
    as_json: JsonOption = False,
) -> None:
    """Prove from the logs that every input record was used exactly once; exit 1 where that cannot be shown."""
    at = where(state=state, brokers=brokers, prefix=prefix, model=model)
    books = Books(brokers=at.brokers, model=at.model, prefix=at.prefix, group=group)
    verdict = audit(books, tell=say if is_terminal() else lambda _line: None)
    if as_json:
        show_json(as_data(books, verdict))
    else:
        print_verdict(verdict)
    raise typer.Exit(OK if verdict.status == "balanced" else FAILED)


def as_data(books: Books, verdict: Verdict) -> dict[str, Any]:
    """The verdict for machines."""
    return {
        "model": books.model,
        "group": books.reader,
        "verdict": verdict.status,
        "first_fault": verdict.first_fault,
        "reason": verdict.reason,
        "partitions": [_row(account) for account in verdict.partitions],
    }


def _row(account: PartitionAccount) -> dict[str, Any]:
    counts = {name: getattr(account, name) for name in COLUMNS[2:]}
    return {
        "topic": account.topic,
        "partition": account.partition,
        "from": account.start,
        "to": account.end,
        **counts,
        "predictions": None if account.predictions is None else account.predictions.distinct,
        "dead_letters": None if account.dead_letters is None else account.dead_letters.distinct,
        "fault": str(account.fault) if account.fault else None,
    }


def print_verdict(verdict: Verdict) -> None:
    """The table a partition, the sums, the verdict."""
    rows = [_row(account) for account in verdict.partitions]
    headings = ("partition", *COLUMNS, "predictions", "dead letters")
    keys = ("partition", *COLUMNS, "predictions", "dead_letters")
    table = [[_cell(row[key]) for key in keys] for row in rows]
    sums = ["all", "", "", *(_cell(_sum(rows, key)) for key in keys[3:])]
    show_table(headings, [*table, sums])
    show("")
    show(f"ledger: {verdict.status}", style="bold green" if verdict.status == "balanced" else "bold red")
    for line in (verdict.first_fault, verdict.reason):
        if line:
            show(line)


def _sum(rows: list[dict[str, Any]], key: str) -> int | None:
    values = [row[key] for row in rows]
    return None if None in values else sum(values)


def _cell(value: Any) -> str:
    return "not kept" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
