"""`driftline why`: the story of one event, and where each part of it lies on Kafka."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from driftline.dlq.wanted import moment
from driftline.output import FAILED, Refusal, show, show_json
from driftline.where import STATE, BrokersOption, JsonOption, ModelOption, PrefixOption, StateOption, where
from driftline.why.search import Search, Sought, Spans
from driftline.why.story import Story
from schemas.source import SourceUnavailable

app = typer.Typer()


@app.command()
def why(
    event_id: Annotated[str, typer.Argument(metavar="EVENT_ID", help="The event's own id.")],
    *,
    key: Annotated[
        str | None,
        typer.Option(help="Its Kafka key: only the partition of that key is searched; first tried is the id."),
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="WHEN", help="Only what came since: 30m, 2h, 7d or an ISO time.")
    ] = None,
    model: ModelOption = None,
    brokers: BrokersOption = None,
    state: StateOption = STATE,
    prefix: PrefixOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell the story of one event: what it was, what was predicted, what turned out."""
    at = where(state=state, brokers=brokers, prefix=prefix, model=model)
    millis = None if since is None else moment(since, datetime.now(UTC))
    sought = Sought(event_id=event_id, key=None if key is None else key.encode(), since_millis=millis)
    try:
        search = Search(at, sought)
        story, searched = search.told()
    except SourceUnavailable as error:
        raise Refusal(str(error), fix="repair or remove the file named") from error
    if as_json:
        show_json(story.as_data())
    if story.is_empty:
        raise _unknown(sought, searched, since)
    if not as_json:
        _print(story)


def _print(story: Story) -> None:
    width = max(len(name) for name, _ in story.lines()) + 2
    for number, (name, text) in enumerate(story.lines()):
        if name and number:
            show("")
        show(f"{name:<{width}}{text}")


def _unknown(sought: Sought, searched: Spans, since: str | None) -> Refusal:
    partitions: dict[str, list[int]] = {}
    for place in searched:
        partitions.setdefault(place.topic, []).append(place.partition)
    count = sum(end - start for start, end in searched.values())
    places = ", ".join(f"{topic}[{_few(some)}]" for topic, some in partitions.items())
    fix = "leave out --key: it searches every partition" if sought.key is not None else "check the id and the model"
    earlier = f"; an earlier --since than {since}" if since else ""
    return Refusal(
        f"nothing is known of {sought.event_id!r}",
        cause=f"searched {count:,} positions of {places or 'no topic: there is none'}",
        fix=fix + earlier,
        code=FAILED,
    )


def _few(partitions: list[int]) -> str:
    """The partitions in words: all in a row as a span."""
    some = sorted(partitions)
    return str(some[0]) if len(some) == 1 else f"{some[0]}-{some[-1]}"
