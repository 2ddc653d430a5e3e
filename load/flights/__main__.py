"""The command `python -m load.flights`: replays the flights of 2013 into Kafka."""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from load.flights.incidents import INCIDENTS
from load.flights.replay import LAST_DAY, Listener, Replay, Sent, replay, summary
from stream.faults import Stopped

INTERRUPTED = 130
MARCH = date(2013, 3, 1)


def main(words: Sequence[str] | None = None, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Replay as the command line says; 0 all delivered, 1 not all, 2 wrongly asked, 130 interrupted."""
    asked = parser().parse_args(words)
    shows = sys.stderr.isatty() if asked.progress is None else asked.progress
    try:
        sent = replay(_asked(asked), Listener(progress() if shows else lambda _: None, stop))
    except Stopped as error:
        for text in (error.what, error.cause and f"cause: {error.cause}", error.fix and f"fix: {error.fix}"):
            if text:
                print(text, file=sys.stderr)  # noqa: T201 - the command's answer
        return 2
    if shows:
        print(file=sys.stderr)  # noqa: T201 - ends the line of progress
    print(json.dumps(summary(sent)) if asked.json else sentence(sent))  # noqa: T201 - the command's answer
    return INTERRUPTED if sent.interrupted else int(sent.undelivered > 0)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(prog="python -m load.flights", description=__doc__)
    line.add_argument("--brokers", required=True, help="bootstrap servers, host:port[,host:port]")
    ids = line.add_mutually_exclusive_group(required=True)
    ids.add_argument("--schemas", type=Path, help="the schema directory of the local stack")
    ids.add_argument("--registry", metavar="URL", help="a schema registry in its place")
    line.add_argument("--model", default="flights", help="topics are {model}.features and {model}.labels")
    line.add_argument("--from", dest="first", type=date.fromisoformat, default=MARCH, help="first New York day")
    line.add_argument(
        "--to", dest="last", type=date.fromisoformat, default=LAST_DAY, help="last New York day, included"
    )
    line.add_argument("--events", type=positive, help="stop after so many flights")
    line.add_argument("--speed", type=speed, default=None, help="story seconds a second, or max (default)")
    line.add_argument("--bad", action="store_true", help="mix one bad record in a thousand among them")
    line.add_argument("--labels", action=argparse.BooleanOptionalAction, default=True)
    line.add_argument("--incident", choices=INCIDENTS, help="from 15 March on something is wrong: what")
    line.add_argument("--progress", action=argparse.BooleanOptionalAction, help="default: on a terminal")
    line.add_argument("--json", action="store_true", help="print the count as JSON")
    return line


def positive(text: str) -> int:
    """A whole number above zero; ValueError otherwise."""
    if (number := int(text)) < 1:
        raise ValueError(f"found {text}, expected a number above zero")
    return number


def speed(text: str) -> float | None:
    """A speed above zero; None for `max`; ValueError otherwise."""
    if text == "max":
        return None
    if not 0 < (number := float(text)) < float("inf"):
        raise ValueError(f"found {text}, expected a number above zero, or max")
    return number


def _asked(line: argparse.Namespace) -> Replay:
    return Replay(
        brokers=line.brokers,
        schemas=line.registry or line.schemas,
        model=line.model,
        first=line.first,
        last=line.last,
        limit=line.events,
        speed=line.speed,
        bad=line.bad,
        labels=line.labels,
        incident=line.incident,
    )


def progress() -> Callable[[Sent], None]:
    """A watcher that keeps one line up to date on a terminal, and writes one a day of the story elsewhere."""
    terminal, days = sys.stderr.isatty(), set[str]()

    def show(sent: Sent) -> None:
        day = f"{datetime.fromtimestamp(sent.reached_micros / 1e6, tz=UTC):%Y-%m-%d}"
        if terminal or day not in days:
            days.add(day)
            print(f"{day}  {sentence(sent)}", end="\r" if terminal else "\n", file=sys.stderr, flush=True)  # noqa: T201 - progress

    return show


def sentence(sent: Sent) -> str:
    """The count in words."""
    bad = f", {sum(sent.bad.values())} bad" if sent.bad else ""
    lost = f", {sent.undelivered} not delivered" if sent.undelivered else ""
    return f"{sent.events} events, {sent.labels} labels{bad}{lost} in {sent.seconds:.1f} s"


def listen() -> Callable[[], bool]:
    """Whether SIGINT or SIGTERM has come; the second one ends the process at once."""
    heard = threading.Event()

    def hear(number: int, _: object) -> None:
        heard.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, hear)
    return heard.is_set


if __name__ == "__main__":
    sys.exit(main(stop=listen()))
