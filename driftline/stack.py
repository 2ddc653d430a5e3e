"""The commands that start, show and stop the local stack."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from driftline.local.detached import NotStarted, start_detached, stop_supervisor, wipe
from driftline.local.foreground import AlreadyRunning, held, run
from driftline.local.observed import Observing
from driftline.local.plan import ROLES, Plan, Role, services_of
from driftline.local.state import StackState, read_state
from driftline.local.valkey import MEMORY
from driftline.members import described
from driftline.next_steps import next_steps, short
from driftline.output import FAILED, OK, REFUSED, Refusal, say, say_refusal, show, show_json, show_table
from driftline.values import AlertmanagersOption, horizon, memory
from driftline.where import STATE, JsonOption, StateOption

app = typer.Typer()


@app.command()
def up(
    *,
    bundle: Annotated[
        list[Path] | None, typer.Option(metavar="DIR", help="A model bundle to serve; may be repeated.")
    ] = None,
    fallback: Annotated[
        list[Path] | None, typer.Option(metavar="DIR", help="A bundle that answers when that of its model cannot.")
    ] = None,
    brokers: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Use this Kafka instead of the embedded one.")
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Leave the stack running and return once it is ready.")
    ] = False,
    deduplicate: Annotated[
        timedelta | None,
        typer.Option(
            metavar="HORIZON",
            parser=horizon,
            help="Score an event that was sent twice within so long once, such as 1h; needs Redis.",
        ),
    ] = None,
    redis: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Use this Redis instead of the embedded Valkey.")
    ] = None,
    redis_memory: Annotated[
        str, typer.Option(metavar="SIZE", parser=memory, help="The most that the embedded Valkey may hold.")
    ] = MEMORY,
    labeler: Annotated[
        bool, typer.Option("--labeler/--no-labeler", help="Also join the labels, for which Redis is needed.")
    ] = True,
    drift: Annotated[
        bool, typer.Option("--drift/--no-drift", help="Also watch whether each model is still right.")
    ] = True,
    alertmanagers: AlertmanagersOption = None,
    observability: Annotated[
        bool, typer.Option("--observability", help="Also run Prometheus, Alertmanager and what tells it of alerts.")
    ] = False,
    partitions: Annotated[int, typer.Option(min=1, max=1000, help="Partitions of topics that do not exist yet.")] = 12,
    state: StateOption = STATE,
    prefix: Annotated[str, typer.Option(help="Put before every topic's name.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Start Kafka and the services on this machine."""
    left_out = {name for name, is_wanted in (("labeler", labeler), ("drift", drift)) if not is_wanted}
    roles: tuple[Role, ...] = tuple(role for role in ROLES if role not in left_out)
    observing = Observing.chosen() if observability else None
    told = [*(alertmanagers or ()), *([observing.alertmanager_url] if observing else ())]
    models, services = services_of(
        bundle or [], fallbacks=fallback, deduplicate=deduplicate, roles=roles, alertmanagers=told
    )
    if alertmanagers and not (bundle and drift):
        fix = "leave --alertmanager out, or start what tells alerts: a --bundle, without --no-drift"
        raise Refusal("nothing would be posted", cause="no drift sidecar would tell an alert", fix=fix)
    if redis and not any(service.needs_redis for service in services):
        fix = "leave it out, or start what needs it: a --bundle, without --no-labeler or with --deduplicate 1h"
        raise Refusal("nothing would use --redis", fix=fix)
    plan = Plan(
        directory=state.resolve(),
        brokers=brokers,
        redis=redis,
        redis_memory=redis_memory,
        prefix=prefix,
        partitions=partitions,
        models=models,
        services=services,
        observing=observing,
    )
    raise typer.Exit(start(plan, detach=detach, as_json=as_json))


def start(plan: Plan, *, detach: bool, as_json: bool = False) -> int:
    """Start the stack of `plan`, print what runs, and stay with it unless `detach`; returns the exit code.

    Raises Refusal.
    """
    try:
        if detach:
            with held(plan.directory):
                pass
            _print_started(plan.directory, start_detached(plan), as_json=as_json)
            return OK
        return run(plan, lambda state: _print_started(plan.directory, state, as_json=as_json, stays=True))
    except AlreadyRunning as refusal:
        running = read_state(plan.directory)
        if running:
            _print_state(plan.directory, running, as_json=as_json)
        say_refusal(refusal)
        return REFUSED
    except NotStarted as ended:
        return ended.code or FAILED


@app.command()
def down(
    *,
    state: StateOption = STATE,
    wipe_data: Annotated[
        bool, typer.Option("--wipe", help="Also remove the data of the embedded Kafka and Valkey.")
    ] = False,
) -> None:
    """Stop the local stack and wait until all of it is gone."""
    running = read_state(state)
    if running is None:
        say(f"nothing runs in {state}")
    else:
        if not running.supervisor.is_alive():
            say("the supervisor was gone already, its children end by themselves")
        stop_supervisor(state, running)
        say("stopped")
    if wipe_data:
        with held(state):
            say(f"removed the data in {state}" if wipe(state) else f"no data in {state}")


@app.command()
def status(*, state: StateOption = STATE, as_json: JsonOption = False) -> None:
    """Show what runs and whether it is ready; exit 1 when something is not."""
    running = read_state(state)
    if running is None:
        if as_json:
            show_json({"state": str(state), "phase": "stopped", "ready": False, "services": []})
        raise Refusal(f"nothing runs in {state}", fix="`driftline up` starts a stack", code=FAILED)
    raise typer.Exit(OK if _print_state(state, running, as_json=as_json) else FAILED)


def _print_state(directory: Path, state: StackState, *, as_json: bool) -> bool:
    found = described(directory, state)
    if as_json:
        show_json(found)
        return bool(found["ready"])
    rows = [
        (
            m["name"],
            m["pid"],
            _yes(m["alive"]),
            _yes(m["ready"]) or m["reason"],
            m["address"],
            short(m["log"]),
        )
        for m in found["services"]
    ]
    show_table(("service", "pid", "alive", "ready", "address", "log"), rows)
    if found["phase"] == "supervisor gone":
        say("the supervisor of this stack is gone: `driftline down` clears up, `driftline up` starts anew")
    elif found["phase"] == "starting":
        say("the stack is still starting")
    return bool(found["ready"])


def _print_started(directory: Path, state: StackState, *, as_json: bool, stays: bool = False) -> None:
    if as_json:
        show_json(described(directory, state))
        return
    rows = [(m.name, m.process.pid, m.address, short(m.log)) for m in state.members]
    show_table(("service", "pid", "address", "log"), rows)
    for line in next_steps(directory, state, stays=stays):
        show(line)


def _yes(claim: object) -> str:
    return "yes" if claim else ""
