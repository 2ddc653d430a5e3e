"""`driftline demo`: real flights through a real Kafka, ending with the proof that none was lost."""

import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from driftline.audit import audit
from driftline.books import Books, predictions
from driftline.demo_report import Report, print_report
from driftline.local.foreground import StopAsked, held, stop_signals
from driftline.local.plan import Plan, services_of
from driftline.local.progress import Progress
from driftline.local.state import StackState
from driftline.local.supervisor import Supervisor
from driftline.output import FAILED, OK, Refusal, say, show, show_json
from driftline.scrape import Scraped, scrape
from driftline.where import JsonOption
from stream.records import Place

BUNDLE = Path("load/flights/bundle")
MODEL = "flights"
PATIENCE_SECONDS = 60.0
INTERRUPTED = 130

app = typer.Typer()


@dataclass(frozen=True)
class Leg:
    """What to replay, how fast."""

    schemas: Path
    events: int
    speed: str


@app.command()
def demo(
    *,
    events: Annotated[int, typer.Option(min=1, help="How many flights to replay, from 1 March 2013 on.")] = 55_000,
    speed: Annotated[str, typer.Option(help="Seconds of 2013 a second, or max.")] = "172800",
    state: Annotated[Path, typer.Option("--state", metavar="DIR", help="Where the demo keeps its own stack.")] = Path(
        ".driftline/demo"
    ),
    as_json: JsonOption = False,
) -> None:
    """Score real flights on a real Kafka, bad records among them, then prove that no event was lost or doubled."""
    directory = state.resolve()
    bundle = Path(__file__).parent.parent / BUNDLE
    models, services = services_of([bundle])
    with held(directory), stop_signals():
        shutil.rmtree(directory / "kafka", ignore_errors=True)
        plan = Plan(directory=directory, models=models, services=services)
        supervisor = Supervisor(plan)
        try:
            report = _run(supervisor, Leg(plan.schemas, events, speed))
        except StopAsked:
            say("stopping")
            raise typer.Exit(INTERRUPTED) from None
        except OSError as error:
            fix = f"the logs are in {directory / 'logs'}"
            raise Refusal("the demo cannot go on", cause=f"a process of it: {error}", fix=fix, code=FAILED) from error
        finally:
            supervisor.stop()
    file = directory / "report.json"
    file.write_text(json.dumps(report.as_data(), indent=2) + "\n", encoding="utf-8")
    if as_json:
        show_json(report.as_data())
    else:
        print_report(report)
        show(f"written: {file}")
    raise typer.Exit(FAILED if report.faults() else OK)


def _run(supervisor: Supervisor, leg: Leg) -> Report:
    started = supervisor.start()
    address = next(member.address for member in started.members if member.ready_url)
    began = time.monotonic()
    sent = _replay(started, address, leg)
    scraped = _drained(address, _due(sent))
    seconds = time.monotonic() - began
    say("proving the ledger from the log")
    books = Books(brokers=started.brokers, model=MODEL)
    verdict = audit(books, begins={Place(books.topic("features"), p): 0 for p in range(_partitions(sent))})
    return Report(sent=sent, scraped=scraped, verdict=verdict, seconds=seconds, ids=_ids(books))


def _due(sent: dict[str, Any]) -> int:
    """How many records the features topic holds: events, bad ones, one mark a partition."""
    return int(sent["events"] + sum(sent["bad"].values()) + _partitions(sent))


def _partitions(sent: dict[str, Any]) -> int:
    """Half of the marks went to features, half to labels."""
    return int(sent["marks"]) // 2


def _replay(started: StackState, address: str, leg: Leg) -> dict[str, Any]:
    """Run the replayer as a process of its own, showing what the scorer has done meanwhile."""
    words = [
        "--brokers",
        started.brokers,
        "--schemas",
        str(leg.schemas),
        "--events",
        str(leg.events),
        "--speed",
        leg.speed,
    ]
    command = [sys.executable, "-m", "load.flights", *words, "--bad", "--no-progress", "--json"]
    say(f"replaying {leg.events:,} flights from 1 March 2013, {leg.speed} s a second, one bad record in a thousand")
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as replayer,
        Progress("scoring", total=leg.events, unit="events") as bar,
    ):
        try:
            while replayer.poll() is None:
                _show(bar, scrape(address))
                time.sleep(0.25)
            said = replayer.stdout.read() if replayer.stdout else ""
        except BaseException:
            replayer.terminate()
            replayer.communicate()  # it flushes what it sent, and says how much
            raise
        if replayer.returncode:
            raise Refusal("the replay failed", cause=f"exit code {replayer.returncode}: {said.strip()}", code=FAILED)
        _show(bar, scrape(address))
    return dict(json.loads(said))


def _show(bar: Progress, found: Scraped) -> None:
    marks = found.by("driftline_watermark_timestamp_seconds", "partition").values()
    day = time.strftime("%Y-%m-%d", time.gmtime(max(marks))) if marks else "no event yet"
    refused = int(
        found.value("driftline_events_total", outcome="rejected")
        + found.value("driftline_events_total", outcome="dead")
    )
    bar.show(int(found.value("driftline_events_total", outcome="scored")), f"{refused} refused, event time {day}")


def _drained(address: str, due: int) -> Scraped:
    """The metrics once the scorer has committed everything that is due."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = scrape(address)
        done = found.total("driftline_events_total")
        if done >= due or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


def _ids(books: Books) -> tuple[int, int]:
    """How many predictions there are, how many different event ids among them."""
    ids = [said["event_id"] for said in predictions(books)]
    return len(ids), len(set(ids))
