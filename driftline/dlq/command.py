"""`driftline dlq`: list and show dead letters, send them again."""

import sys
from typing import Annotated

import typer

from driftline.dlq.letters import KINDS, letters
from driftline.dlq.originals import Lost, originals
from driftline.dlq.plan import Record
from driftline.dlq.redrive import redrive
from driftline.dlq.view import COLUMNS, data_of, dump, row_of, summary_of, whole_of
from driftline.dlq.wanted import (
    PartitionOption,
    ReasonOption,
    SinceOption,
    SourceOption,
    TopicOption,
    UntilOption,
    Wanted,
    box_of,
    id_of,
    wanted,
)
from driftline.output import Refusal, show, show_json, show_table
from driftline.where import STATE, BrokersOption, JsonOption, ModelOption, PrefixOption, StateOption, where

app = typer.Typer(name="dlq", help="List, show and send again what could not be read.", no_args_is_help=True)


@app.command("list")
def list_command(
    *,
    reason: ReasonOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    partition: PartitionOption = None,
    source_offset: SourceOption = None,
    limit: Annotated[int, typer.Option(min=0, help="Show at most so many, the newest; the summary counts all.")] = 50,
    topic: TopicOption = KINDS[0],
    model: ModelOption = None,
    brokers: BrokersOption = None,
    state: StateOption = STATE,
    prefix: PrefixOption = None,
    as_json: JsonOption = False,
) -> None:
    """List dead letters with where each stood and why it was set aside; then how many there are by reason."""
    meant = wanted(reason=reason, since=since, until=until, partition=partition, source_offset=source_offset)
    at = where(state=state, brokers=brokers, prefix=prefix, model=model)
    found = [one for one in letters(box_of(at, topic)) if meant.takes(one)]
    newest = sorted(found, key=lambda one: one.at_millis)[-limit:] if limit else []
    summary = summary_of(found)
    if as_json:
        reasons = {name: {"letters": count, "redriven": done} for name, count, done in summary}
        show_json({"letters": [data_of(one) for one in newest], "reasons": reasons, "total": len(found)})
        return
    if newest:
        show_table(COLUMNS, [row_of(one) for one in newest])
        show("")
    rows = [[name, f"{count:,}", f"{done:,}"] for name, count, done in summary]
    total = ["all", f"{len(found):,}", f"{sum(done for _, _, done in summary):,}"]
    show_table(("reason", "letters", "sent again"), [*rows, total])


@app.command("show")
def show_command(
    letter: Annotated[str, typer.Argument(metavar="P:O", help="The letter, as `list` names it.")],
    *,
    payload: Annotated[bool, typer.Option("--payload", help="Show its bytes, too: they may be personal data.")] = False,
    most: Annotated[int, typer.Option("--bytes", min=1, help="At most so many bytes of it.")] = 512,
    topic: TopicOption = KINDS[0],
    model: ModelOption = None,
    brokers: BrokersOption = None,
    state: StateOption = STATE,
    prefix: PrefixOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one dead letter: its note, key and headers; its bytes only with --payload, for they may be personal data."""
    at = where(state=state, brokers=brokers, prefix=prefix, model=model)
    box = box_of(at, topic)
    found = {one.id: one for one in letters(box) if Wanted(ids=frozenset([id_of(letter)])).takes(one)}
    for one in found.values():
        record = next(originals(box, found))
        value = record.value if isinstance(record, Record) and payload else None
        if as_json:
            facts = {name: text for name, text in whole_of(one, record) if not name.startswith("note ")}
            shown = {} if value is None else {"payload": value[:most].hex()}
            show_json({**data_of(one), "original": facts, **shown})
            return
        for name, text in whole_of(one, record):
            show(f"{name}: {text}")
        for line in (
            dump(value or b"", most) if payload else ("bytes: not shown, they may be personal data: --payload",)
        ):
            show(line)
        if payload and isinstance(record, Lost):
            sys.stderr.write("its bytes are gone\n")
        return
    raise Refusal(f"found no letter {letter} in {box.topic}", fix="`driftline dlq list` names those there are")


app.command("redrive")(redrive)
