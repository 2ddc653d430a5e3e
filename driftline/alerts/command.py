"""`driftline alerts`: the alerts of a model that stand and those that ended lately, then what comes."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any

import typer

from driftline.alerts.view import COLUMNS, NARROW, Standing, data_of, line_of, narrow_row_of, row_of, standing
from driftline.output import OK, Refusal, is_terminal, show, show_json, show_table
from driftline.shown import decoded
from driftline.where import STATE, BrokersOption, JsonOption, ModelOption, PrefixOption, StateOption, Where, where
from schemas.source import DirectorySource, SourceUnavailable
from schemas.topics import topic_name
from stream.kafka.scan import edges, scan
from stream.records import Place

app = typer.Typer()


@app.command()
def alerts(
    *,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with what comes, until Ctrl-C.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Also those that ended more than a week ago.")] = False,
    model: ModelOption = None,
    brokers: BrokersOption = None,
    state: StateOption = STATE,
    prefix: PrefixOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the alerts of a model: what is wrong now, what was, what to do."""
    log = Log(where(state=state, brokers=brokers, prefix=prefix, model=model))
    try:
        now = standing(log.kept())
        shown = now if every else now.recent()
        if not as_json:
            show_standing(shown)
        elif follow:
            tell((*shown.open, *shown.resolved), json_line)
        else:
            show_json(shown.as_data())
        tell(log.coming() if follow else (), json_line if as_json else line_of)
    except (KeyboardInterrupt, BrokenPipeError):
        raise typer.Exit(OK) from None
    except SourceUnavailable as error:
        raise Refusal(str(error), fix="repair or remove the file named") from error


def json_line(record: Mapping[str, Any]) -> str:
    """A record for machines, in a line."""
    return json.dumps(data_of(record))


def tell(records: Iterable[Mapping[str, Any]], words: Callable[[Mapping[str, Any]], str]) -> None:
    """Print each, as it comes."""
    for record in records:
        sys.stdout.write(words(record) + "\n")
        sys.stdout.flush()


class Log:
    """A model's alerts topic: what it keeps, then what comes behind that."""

    def __init__(self, at: Where) -> None:
        self._brokers, self._topic = at.brokers, topic_name(at.model, "alerts", prefix=at.prefix)
        self._source = DirectorySource(at.schemas)
        self._ends: dict[Place, int] = {}

    def kept(self) -> Iterator[Mapping[str, Any]]:
        """Every record that is kept now."""
        self._ends = {place: end for place, (_, end) in edges(self._brokers, [self._topic]).items()}
        for batch in scan(self._brokers, [self._topic], end=self._ends):
            yield from (one.record for one in decoded(batch, "alerts", self._source) if one.record is not None)

    def coming(self) -> Iterator[Mapping[str, Any]]:
        """Every record that comes after those, for ever."""
        for batch in scan(self._brokers, [self._topic], start=self._ends, follow=True):
            yield from (one.record for one in decoded(batch, "alerts", self._source) if one.record is not None)


def show_standing(found: Standing) -> None:
    """Print the open ones, then the resolved ones."""
    headings, row = (NARROW, narrow_row_of) if is_terminal() else (COLUMNS, row_of)
    if found.open:
        show_table(headings, [row(one) for one in found.open])
    else:
        show("No alert is open.")
    if found.resolved:
        show("")
        show("Resolved:")
        show_table(headings, [row(one) for one in found.resolved])
