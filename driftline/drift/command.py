"""`driftline drift`: the last windows that the sidecar judged, as tables or JSON."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated, Any

import typer

from driftline.drift.quality import quality
from driftline.drift.view import Line, features, judged, lines, months, stories
from driftline.output import FAILED, Refusal, show, show_json, show_table
from driftline.where import STATE, BrokersOption, JsonOption, ModelOption, PrefixOption, StateOption, where
from schemas.records import RecordRefused, read_record
from schemas.topics import topic_name
from stream.kafka.scan import scan

app = typer.Typer()


@app.command()
def drift(
    *,
    model: ModelOption = None,
    windows: Annotated[int, typer.Option("-n", min=1, help="How many of the last reports of a version.")] = 400,
    by_month: Annotated[bool, typer.Option("--by-month", help="A row a month: what informed, what paged.")] = False,
    brokers: BrokersOption = None,
    state: StateOption = STATE,
    prefix: PrefixOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what moved, whether it hurts, why, and what to do."""
    at = where(state=state, brokers=brokers, prefix=prefix, model=model)
    found = list(reports(at.brokers, topic_name(at.model, "drift", prefix=at.prefix)))
    if not found:
        cause = "a window closes after DRIFT_TARGET_ROWS events or DRIFT_LONGEST of event time, once later ones came"
        fix = "send more, or see by `driftline status` whether a sidecar runs"
        raise Refusal(f"no drift report of {at.model}", cause=cause, fix=fix, code=FAILED)
    if as_json:
        show_json([one for line in lines(found) for one in line.every[-windows:]])
        return
    for line in lines(found):
        show(f"{at.model} {line.version}, {line.arm}", style="bold")
        if by_month:
            show_table(("month", "judged", "accuracy", "informed", "paged", "features that moved"), months(line))
        else:
            print_line(Line(line.version, line.arm, line.inputs[-windows:], line.cohorts[-windows:]))


def reports(brokers: str, topic: str) -> Iterator[dict[str, Any]]:
    """Every report kept on the topic, decoded; what is none is left out. Raises Stopped."""
    for batch in scan(brokers, [topic]):
        for value in batch.values:
            with suppress(RecordRefused):
                yield read_record("drift", value or b"")


def print_line(line: Line) -> None:
    """What one version and arm came to: does it hurt, what happened, what moved."""
    show_table(("quality", "now"), quality(line))
    show("")
    if told := stories(line):
        show_table(("event time", "seen in", "severity", "cause", "what happened", "what to do"), told)
    elif judged(line.every):
        show("nothing moved that matters", style="green")
    else:
        show("no window was judged yet")
    show("")
    if rows := features(line):
        show_table(("feature", "statistic", "now", "moved from", "p", "course", "verdict"), rows)
    show("")
