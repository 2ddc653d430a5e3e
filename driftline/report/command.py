"""`driftline report`: what a model's topics say of a run, as one HTML file that works offline."""

from pathlib import Path
from typing import Annotated

import typer

from driftline.next_steps import short
from driftline.output import OK, Refusal, say, show, show_json
from driftline.report.gathering import gathered
from driftline.view.data import as_data
from driftline.view.page import page
from driftline.view.seen import Seen
from driftline.view.services import AdminOption, services_of
from driftline.where import STATE, BrokersOption, JsonOption, ModelOption, PrefixOption, StateOption, where

INTERRUPTED = 130
app = typer.Typer()


@app.command()
def report(
    *,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write the page.")] = Path("report.html"),
    model: ModelOption = None,
    admin: AdminOption = None,
    brokers: BrokersOption = None,
    state: StateOption = STATE,
    prefix: PrefixOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write one HTML page of a run: pipeline, quality, drift, alerts, proof."""
    at = where(state=state, brokers=brokers, prefix=prefix, model=model)
    services = services_of(at, state, admin)
    try:
        seen = gathered(at, services, say)
    except KeyboardInterrupt:
        say("stopped: nothing was written")
        raise typer.Exit(INTERRUPTED) from None
    say("drawing")
    written(seen, out)
    if as_json:
        show_json({"written": str(out), **as_data(seen)})
    else:
        show(f"written: {short(out.resolve())}")
    raise typer.Exit(OK)


def written(seen: Seen, out: Path) -> None:
    """Write the page in one step, readable by whoever may read the directory. Raises Refusal."""
    draft = out.with_name(f".{out.name}.draft")
    try:
        draft.write_text(page(seen), encoding="utf-8")
        draft.replace(out)
    except OSError as error:
        fix = "choose a file in a directory that exists and may be written: --out FILE"
        raise Refusal(f"cannot write {out}", cause=str(error), fix=fix) from error
