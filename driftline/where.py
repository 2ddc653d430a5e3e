"""Which Kafka a command looks at: the one named, or that of the stack in the state directory."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from driftline.local.state import read_state
from driftline.output import Refusal

STATE = Path(".driftline")
StateOption = Annotated[Path, typer.Option("--state", metavar="DIR", help="Where the stack keeps its state.")]
BrokersOption = Annotated[
    str | None,
    typer.Option("--brokers", metavar="HOST:PORT", help="Look at this Kafka, not at the local stack's."),
]
PrefixOption = Annotated[
    str | None,
    typer.Option("--prefix", help="What stands before every topic's name; the local stack's own by default."),
]
ModelOption = Annotated[
    str | None, typer.Option("--model", metavar="M", help="The model; may be left out where only one runs.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text for people.")]


@dataclass(frozen=True, kw_only=True)
class Where:
    """A Kafka, with one model's topics on it."""

    brokers: str
    model: str
    prefix: str
    schemas: Path


def where(*, state: Path, brokers: str | None, prefix: str | None, model: str | None) -> Where:
    """What the options mean, the local stack filling in what they leave out. Raises Refusal."""
    running = None if brokers else read_state(state)
    if running is None and brokers is None:
        raise Refusal(
            f"no stack runs in {state}",
            cause="nothing was started there, or it was stopped",
            fix="`driftline up --bundle DIR` starts one; --brokers HOST:PORT --model M names another Kafka",
        )
    models = running.models if running else ()
    if model is None and len(models) != 1:
        raise Refusal(
            "which model?", cause=f"found {', '.join(models) or 'none'} in the stack", fix="say it: --model M"
        )
    return Where(
        brokers=brokers or (running.brokers if running else ""),
        model=model or models[0],
        prefix=prefix if prefix is not None else (running.prefix if running else ""),
        schemas=state / "schemas",
    )
