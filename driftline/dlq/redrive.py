"""`driftline dlq redrive`: send dead letters again, each once."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from driftline.dlq.letters import KINDS, Box, letters, settle
from driftline.dlq.originals import Lost, originals
from driftline.dlq.plan import Step, Terms, counts, plan
from driftline.dlq.sending import Sender, Sent, asked_to_stop
from driftline.dlq.view import name_of, step_row
from driftline.dlq.wanted import (
    PartitionOption,
    ReasonOption,
    SinceOption,
    SourceOption,
    TopicOption,
    UntilOption,
    box_to_empty,
    wanted,
)
from driftline.output import FAILED, OK, Refusal, is_terminal, say, show, show_json, show_table
from driftline.where import STATE, BrokersOption, JsonOption, ModelOption, PrefixOption, StateOption, where
from stream.kafka.scan import edges

MOST_ROWS = 50
HEADINGS = ("letter", "reason", "source", "what", "why")


def redrive(
    named: Annotated[list[str] | None, typer.Argument(metavar="[P:O]...", help="Only these letters.")] = None,
    *,
    reason: ReasonOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    partition: PartitionOption = None,
    source_offset: SourceOption = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many, the oldest.")] = None,
    value_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Send this file's bytes as the value of one letter.")
    ] = None,
    max_cycles: Annotated[int, typer.Option(min=1, help="Refuse what came back so often.")] = 3,
    again: Annotated[bool, typer.Option("--again", help="Also what was sent again already.")] = False,
    rekey: Annotated[
        bool,
        typer.Option("--rekey", help="Send what was misrouted to the partition of its key; without it is refused."),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    topic: TopicOption = KINDS[0],
    model: ModelOption = None,
    brokers: BrokersOption = None,
    state: StateOption = STATE,
    prefix: PrefixOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send dead letters again, to the partitions they came from, with their own keys and headers; each only once."""
    meant = wanted(reason=reason, since=since, until=until, partition=partition, source_offset=source_offset, ids=named)
    at = where(state=state, brokers=brokers, prefix=prefix, model=model)
    box = box_to_empty(at, topic)
    value = None if value_file is None else _value(value_file)
    terms = Terms(source=box.source, most_cycles=max_cycles, again=again, has_value=value is not None, rekey=rekey)
    steps = plan([one for one in letters(box) if meant.takes(one)], terms)
    steps = steps if limit is None else _oldest(steps, limit)
    _check_names(meant.ids - {step.letter.id for step in steps}, box)
    if value is not None and len(steps) != 1:
        raise Refusal(
            f"found {len(steps)} letters for one --value-file", fix="name exactly one: redrive P:O --value-file FILE"
        )
    if dry_run:
        raise typer.Exit(_say_dry(box, steps, value, as_json=as_json))
    if counts(steps)["send"] and not yes:
        _ask(steps)
    sent = _send(box, steps, value, terms)
    raise typer.Exit(_say_done(box, steps, sent, as_json=as_json))


def _value(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Refusal(f"{path}: {error.strerror}", fix="give a file that can be read") from error


def _oldest(steps: Sequence[Step], limit: int) -> list[Step]:
    to_send = [step for step in steps if step.verdict == "send"]
    return sorted(sorted(to_send, key=lambda step: step.letter.at_millis)[:limit], key=lambda step: step.letter.id)


def _check_names(missing: frozenset[tuple[int, int]], box: Box) -> None:
    if missing:
        names = ", ".join(f"{partition}:{offset}" for partition, offset in sorted(missing))
        raise Refusal(f"found no letter {names} in {box.topic}", fix="`driftline dlq list` names those there are")


def _ask(steps: Sequence[Step]) -> None:
    found = counts(steps)
    if not is_terminal():
        raise Refusal("nobody is there to say yes", fix="--dry-run shows what would be done, --yes does it")
    question = f"send {found['send']:,} letters again ({found['skip']:,} skipped, {found['refuse']:,} refused)?"
    if not typer.confirm(question, err=True):
        raise typer.Exit(OK)


def _send(box: Box, steps: Sequence[Step], value: bytes | None, terms: Terms) -> Sent:
    """Send what is to be sent and, once no other redrive can be at work, still is not marked as sent."""
    meant = {step.letter.id for step in steps if step.verdict == "send"}
    if not meant:
        return Sent()
    partitions = len(edges(box.brokers, [box.source]))
    sender = Sender(box, partitions)
    try:
        settle(box)
        now = plan([one for one in letters(box) if one.id in meant], terms)
        wanted_now = {step.letter.id: step.letter for step in now if step.verdict == "send"}
        with asked_to_stop() as asked:
            return sender.send(originals(box, wanted_now, value), asked, _progress(len(wanted_now)))
    finally:
        sender.close()


def _progress(total: int) -> Any:
    def tell(count: int) -> None:
        if is_terminal():
            say(f"sent {count:,} of {total:,}")

    return tell


def _say_dry(box: Box, steps: Sequence[Step], value: bytes | None, *, as_json: bool) -> int:
    """What would be done; references are really fetched and compared."""
    references = {
        s.letter.id: s.letter for s in steps if s.verdict == "send" and s.letter.is_reference and value is None
    }
    lost = {one.letter.id: one.why for one in originals(box, references) if isinstance(one, Lost)}
    checked = [_refused(step, lost) for step in steps]
    found = counts(checked)
    if as_json:
        show_json({"dry_run": True, **found, "letters": [_data(step) for step in checked]})
        return OK
    show_table(HEADINGS, [step_row(step) for step in checked[:MOST_ROWS]])
    if len(checked) > MOST_ROWS:
        show(f"... and {len(checked) - MOST_ROWS:,} more: --json shows all")
    show("")
    show(f"dry run, nothing was sent: would send {found['send']:,}, skip {found['skip']:,}, refuse {found['refuse']:,}")
    return OK


def _refused(step: Step, lost: dict[tuple[int, int], str]) -> Step:
    why = lost.get(step.letter.id)
    return step if why is None else Step(letter=step.letter, verdict="refuse", why=why)


def _data(step: Step) -> dict[str, Any]:
    return {"letter": name_of(step.letter), "verdict": step.verdict, "why": step.why}


def _say_done(box: Box, steps: Sequence[Step], sent: Sent, *, as_json: bool) -> int:
    refused = [step for step in steps if step.verdict == "refuse"]
    refused += [Step(letter=one.letter, verdict="refuse", why=one.why) for one in sent.lost]
    skipped = counts(steps)["skip"]
    if as_json:
        said = {"sent": sent.count, "skipped": skipped, "refused": [_data(step) for step in refused]}
        show_json({**said, "stopped": sent.is_stopped})
    else:
        if refused:
            show_table(HEADINGS, [step_row(step) for step in refused[:MOST_ROWS]])
            show("")
        show(f"sent {sent.count:,} to {box.source}, skipped {skipped:,}, refused {len(refused):,}")
    if sent.is_stopped:
        say("stopped as asked: the open transaction was aborted; run the same command again for the rest")
    return FAILED if refused or sent.is_stopped else OK
