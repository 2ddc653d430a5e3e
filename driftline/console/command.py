"""`driftline console`: a running model in the browser, until Ctrl-C."""

from functools import partial
from threading import Event
from typing import Annotated

import typer

from driftline.console.looking import Looking
from driftline.console.server import Server
from driftline.local.foreground import StopAsked, stop_signals
from driftline.output import OK, say, show, show_json
from driftline.view.services import AdminOption, services_of
from driftline.watching.following import Following
from driftline.watching.watch import Watch
from driftline.where import STATE, BrokersOption, JsonOption, ModelOption, PrefixOption, StateOption, where

PORT = 9180
app = typer.Typer()


@app.command()
def console(
    *,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port on loopback; 0 takes a free one.")] = PORT,
    every: Annotated[float, typer.Option(min=1, max=3600, help="Seconds between two looks.")] = 3.0,
    model: ModelOption = None,
    admin: AdminOption = None,
    brokers: BrokersOption = None,
    state: StateOption = STATE,
    prefix: PrefixOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a running model in the browser, on loopback: pipeline, rates, quality, drift, alerts; until Ctrl-C."""
    at = where(state=state, brokers=brokers, prefix=prefix, model=model)
    following = Following(at)
    following.start()
    try:
        with stop_signals():
            looking = Looking(
                Watch(at, partial(services_of, at, state, admin), following=following).look, every_seconds=every
            )
            server = Server(looking, port=port)
            try:
                _tell(server.url, at.model, as_json=as_json)
                Event().wait()
            finally:
                server.close()
                looking.close()
    except StopAsked:
        say("stopped")
        raise typer.Exit(OK) from None
    finally:
        following.close()


def _tell(url: str, model: str, *, as_json: bool) -> None:
    if as_json:
        show_json({"url": url, "model": model})
    else:
        show(f"{model} is shown at {url} (Ctrl-C stops that)")
