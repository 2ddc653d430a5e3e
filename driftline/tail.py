"""`driftline tail`: decoded records of a model's topics, as they come."""

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from driftline.output import OK, Refusal, say
from driftline.shown import Shown, decoded
from driftline.where import STATE, BrokersOption, JsonOption, ModelOption, PrefixOption, StateOption, where
from schemas.source import DirectorySource, SourceUnavailable
from schemas.topics import topic_name
from stream.kafka.scan import edges, scan

KINDS = {
    "predictions": "predictions",
    "features": "features",
    "profiles": "profiles",
    "labels": "labels",
    "outcomes": "outcomes",
    "alerts": "alerts",
    "dlq": "features.dlq",
    "predictions.dlq": "predictions.dlq",
    "labels.dlq": "labels.dlq",
    "profiles.dlq": "profiles.dlq",
}

app = typer.Typer()


@app.command()
def tail(
    kind: Annotated[str, typer.Argument(help="One of " + ", ".join(KINDS) + ".")],
    *,
    model: ModelOption = None,
    count: Annotated[int | None, typer.Option("-n", min=1, help="Stop after so many records.")] = None,
    from_beginning: Annotated[bool, typer.Option("--from-beginning", help="Begin with the first record kept.")] = False,
    brokers: BrokersOption = None,
    state: StateOption = STATE,
    prefix: PrefixOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the decoded records of a model's topic as they come, until Ctrl-C."""
    if kind not in KINDS:
        raise Refusal(f"found {kind!r}", cause="there is no such topic", fix=f"choose one of {', '.join(KINDS)}")
    at = where(state=state, brokers=brokers, prefix=prefix, model=model)
    some = records(
        at.brokers,
        kind=kind,
        model=at.model,
        prefix=at.prefix,
        schemas=at.schemas,
        from_beginning=from_beginning,
        count=count,
    )
    try:
        for one in some:
            sys.stdout.write((one.as_json() if as_json else one.as_line()) + "\n")
            sys.stdout.flush()
    except (KeyboardInterrupt, BrokenPipeError):
        raise typer.Exit(OK) from None
    except SourceUnavailable as error:
        raise Refusal(str(error), fix="repair or remove the file named") from error


def records(
    brokers: str,
    *,
    kind: str,
    model: str,
    prefix: str,
    schemas: Path | None,
    from_beginning: bool,
    count: int | None,
) -> Iterator[Shown]:
    """Records of one of a model's topics: those to come, or everything kept; forever unless `count` says how many."""
    topic = topic_name(model, KINDS[kind], prefix=prefix)
    source = DirectorySource(schemas) if schemas is not None else None
    kept = edges(brokers, [topic])
    start = {place: (first if from_beginning else end) for place, (first, end) in kept.items()}
    if all(start[place] == end for place, (_, end) in kept.items()):
        older = "" if from_beginning else "; --from-beginning shows older ones"
        say(f"waiting for records of {topic}, Ctrl-C ends{older}")
    batches = scan(brokers, [topic], start=start, follow=True)
    shown = (one for batch in batches for one in decoded(batch, kind, source))
    return shown if count is None else islice(shown, count)
