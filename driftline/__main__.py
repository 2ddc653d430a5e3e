"""The `driftline` command line."""

import sys
from importlib import import_module
from importlib.metadata import version
from typing import Annotated

import typer

from driftline.output import FAILED, REFUSED, Refusal, is_terminal, say_refusal, show
from stream.faults import Stopped
from stream.kafka.admin import BrokerUnreachable, TopicRefused

# Which module's `app` holds a command, with the beginning of its help for the list of commands. Only the
# command that was asked for is imported: some take seconds.
COMMANDS = {
    "demo": (
        "driftline.demo",
        "Score real flights on a real Kafka, join their late labels, watch for drift, prove that nothing was lost",
    ),
    "init": ("driftline.init", "Write a working example of a model into a new directory."),
    "up": ("driftline.stack", "Start Kafka and the services on this machine."),
    "prepare": ("driftline.prepare", "Create a model's topics on a Kafka, register its schemas in a registry."),
    "status": ("driftline.stack", "Show what runs and whether it is ready."),
    "down": ("driftline.stack", "Stop the local stack and wait until all of it is gone."),
    "doctor": ("driftline.doctor", "Check everything that a stack stands on and say how to repair it."),
    "model": ("driftline.model", "Build, sign, verify and show model bundles."),
    "schema": ("driftline.schema", "Check Avro schemas, and add yours to the local stack."),
    "ledger": ("driftline.ledger", "Prove from the logs that every input record was used exactly once."),
    "dlq": ("driftline.dlq.command", "List, show and send again what could not be read."),
    "why": ("driftline.why.command", "Tell the story of one event: what it was, what was predicted, what turned out."),
    "drift": ("driftline.drift.command", "Show what moved, whether it hurts, why, and what to do."),
    "alerts": (
        "driftline.alerts.command",
        "Show the alerts of a model: what is wrong now, what was, what to do.",
    ),
    "top": (
        "driftline.top.command",
        "Show what a running model does now: rates, times, lag, reasons, quality, drift, alerts; until Ctrl-C.",
    ),
    "console": (
        "driftline.console.command",
        "Show a running model in the browser, on loopback: pipeline, rates, quality, drift, alerts; until Ctrl-C.",
    ),
    "report": ("driftline.report.command", "Write one HTML page of a run: pipeline, quality, drift, alerts, proof."),
    "tail": ("driftline.tail", "Print the decoded records of a model's topic as they come."),
}
# Of these, the ones whose commands stand below a name of their own: `driftline model build`.
GROUPS = ("model", "schema", "dlq")


def command_line(asked: str | None) -> typer.Typer:
    """Make the command line with the command `asked`, or with the names of all where that names none."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich" if is_terminal() else None,
    )
    app.callback()(_driftline)
    if asked in COMMANDS:
        module, _ = COMMANDS[asked]
        app.add_typer(import_module(module).app, name=asked if asked in GROUPS else None)
        return app
    for name, (_, sentence) in COMMANDS.items():
        app.command(name, help=sentence)(_listed_only)
    return app


def _listed_only() -> None:
    """Stand for a command in the list of commands; `command_line` puts the real one where it is asked for."""


def _print_version(asked: bool) -> None:  # noqa: FBT001 - typer calls it with the option's value
    if asked:
        show(f"driftline {version('driftline')}")
        raise typer.Exit


def _driftline(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Kafka-native model serving that knows whether it is still right."""


def main() -> int:
    """Run the command line; what a person can put right is printed without a traceback."""
    asked = next((word for word in sys.argv[1:] if not word.startswith("-")), None)
    try:
        command_line(asked)()
    except Refusal as refusal:
        return _refused(refusal)
    except Stopped as stopped:
        code = REFUSED if stopped.configuration else FAILED
        return _refused(Refusal(stopped.what, cause=stopped.cause, fix=stopped.fix, code=code))
    except BrokerUnreachable as error:
        return _refused(Refusal(str(error), fix="start one with `driftline up`, or give the right --brokers"))
    except TopicRefused as error:
        return _refused(Refusal(str(error), fix="`driftline doctor` looks at the topics"))
    return 0


def _refused(refusal: Refusal) -> int:
    say_refusal(refusal)
    return refusal.code


if __name__ == "__main__":
    sys.exit(main())
