"""`driftline top`: what a running model does now, on a terminal, in a pipe or for a program."""

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from driftline.local.foreground import StopAsked, stop_signals
from driftline.output import OK, is_terminal
from driftline.top.frame import frame, line_of
from driftline.view.data import as_data
from driftline.view.seen import Seen
from driftline.view.services import AdminOption, services_of
from driftline.watching.following import Following
from driftline.watching.watch import Watch
from driftline.where import STATE, BrokersOption, JsonOption, ModelOption, PrefixOption, StateOption, where

app = typer.Typer()


@app.command()
def top(
    *,
    once: Annotated[bool, typer.Option("--once", help="Look twice, a moment apart, print that and end.")] = False,
    every: Annotated[float, typer.Option(min=0.5, max=3600, help="Seconds between two looks.")] = 2.0,
    model: ModelOption = None,
    admin: AdminOption = None,
    brokers: BrokersOption = None,
    state: StateOption = STATE,
    prefix: PrefixOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a running model does now: rates, times, lag, reasons, quality, drift, alerts; until Ctrl-C."""
    at = where(state=state, brokers=brokers, prefix=prefix, model=model)
    following = Following(at)
    watch = Watch(at, partial(services_of, at, state, admin), following=following)
    try:
        with stop_signals():
            if once:
                following.look()
                watch.look()
                time.sleep(min(1.0, every))
                _print(watch.look(), as_json=as_json)
            else:
                following.start()
                _go_on(watch.look, every, as_json=as_json)
    except (StopAsked, BrokenPipeError):
        raise typer.Exit(OK) from None
    finally:
        following.close()


def _go_on(look: Callable[[], Seen], every: float, *, as_json: bool) -> None:
    """Draw anew on a terminal; a line a look elsewhere, of JSON where that is wanted."""
    if as_json or not is_terminal():
        while True:
            seen = look()
            sys.stdout.write((json.dumps(as_data(seen), default=str) if as_json else line_of(seen)) + "\n")
            sys.stdout.flush()
            time.sleep(every)
    with Live(frame(look()), console=Console(highlight=False), screen=True, auto_refresh=False) as live:
        while True:
            time.sleep(every)
            live.update(frame(look()), refresh=True)


def _print(seen: Seen, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(as_data(seen), indent=2, default=str) + "\n")
    elif is_terminal():
        Console(highlight=False).print(frame(seen))
    else:
        sys.stdout.write(line_of(seen) + "\n")
