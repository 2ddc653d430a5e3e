"""`driftline demo`: real flights through a real Kafka, ending with the proof that none was lost."""

import json
import shutil
import time
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from driftline.audit import audit
from driftline.books import TRADES, Books, Role, outcomes, predictions
from driftline.demo_drift import Drifted, drifted
from driftline.demo_replay import Leg, Watch, replayed
from driftline.demo_report import Report, print_report
from driftline.local.foreground import StopAsked, held, stop_signals
from driftline.local.plan import Plan, Service, services_of
from driftline.local.progress import Progress
from driftline.local.supervisor import Supervisor
from driftline.output import FAILED, OK, Refusal, say, show, show_json
from driftline.report.command import written
from driftline.report.gathering import Counted, put_together
from driftline.view.seen import Seen
from driftline.view.services import services_of as admin_ports
from driftline.where import JsonOption, Where
from load.flights.compared import Joined, compared
from load.flights.incidents import INCIDENTS, afflicted
from load.flights.joined import Patience
from load.flights.replay import LAST_DAY
from load.flights.table import read_flights
from models.contract import load_contract
from schemas.durations import micros
from schemas.topics import topic_name
from stream.proof import Verdict
from stream.records import Place

BUNDLE = Path(__file__).parent.parent / "load/flights/bundle"
FIRST_DAY = date(2013, 3, 1)
MODEL = "flights"
INTERRUPTED = 130

app = typer.Typer()


@app.command()
def demo(
    *,
    events: Annotated[int, typer.Option(min=1, help="How many flights to replay, from 1 March 2013 on.")] = 55_000,
    incident: Annotated[
        str | None, typer.Option(help=f"Let something go wrong: {', '.join(INCIDENTS)}.", metavar="CLASS")
    ] = None,
    speed: Annotated[str, typer.Option(help="Seconds of 2013 a second, or max.")] = "172800",
    state: Annotated[Path, typer.Option("--state", metavar="DIR", help="Where the demo keeps its own stack.")] = Path(
        ".driftline/demo"
    ),
    as_json: JsonOption = False,
) -> None:
    """Score real flights on a real Kafka, join their late labels, watch for drift, prove that nothing was lost."""
    if incident is not None and incident not in INCIDENTS:
        raise Refusal(f"found --incident {incident}", fix=f"choose one of {', '.join(INCIDENTS)}")
    directory = state.resolve()
    with held(directory), stop_signals():
        for old in ("kafka", "redis", "state", "bundle"):
            shutil.rmtree(directory / old, ignore_errors=True)
        # A copy: installers link files, and a bundle of linked files is refused.
        bundle = Path(shutil.copytree(BUNDLE, directory / "bundle"))
        models, services = services_of([bundle])
        plan = Plan(directory=directory, models=models, services=tuple(map(_patient, services)))
        supervisor = Supervisor(plan)
        try:
            report, seen = _run(supervisor, Leg(plan.schemas, events, speed, incident))
        except StopAsked:
            say("stopping")
            raise typer.Exit(INTERRUPTED) from None
        except OSError as error:
            fix = f"the logs are in {directory / 'logs'}"
            raise Refusal("the demo cannot go on", cause=f"a process of it: {error}", fix=fix, code=FAILED) from error
        finally:
            supervisor.stop()
    _tell(report, seen, directory, as_json=as_json)
    raise typer.Exit(FAILED if report.faults() else OK)


def _patient(service: Service) -> Service:
    """A labeler that takes no topic for idle: a slow machine's scorer may stall for weeks of the replay's time.

    Nothing waits for it: the replay ends every partition with a mark.
    """
    if service.variables != "LABELER_":
        return service
    return service.model_copy(update={"settings": {**service.settings, "IDLE_SECONDS": "3600"}})


def _tell(report: Report, seen: Seen, directory: Path, *, as_json: bool) -> None:
    file, page = directory / "report.json", directory / "report.html"
    file.write_text(json.dumps(report.as_data(), indent=2) + "\n", encoding="utf-8")
    if as_json:
        show_json(report.as_data())
    else:
        print_report(report)
    written(seen, page)
    for one in () if as_json else (f"written: {file}", f"written: {page} (open it in a browser)"):
        show(one)


def _run(supervisor: Supervisor, leg: Leg) -> tuple[Report, Seen]:
    started = supervisor.start()
    address = next(member.address for member in started.members if member.name == f"{MODEL}.scorer-0")
    books: dict[Role, Books] = {role: Books(brokers=started.brokers, model=MODEL, role=role) for role in TRADES}
    began = time.monotonic()
    with Progress("scoring and joining", total=leg.events, unit="events") as bar:
        watch = Watch(address, books["labeler"], bar)
        sent = replayed(leg, started.brokers, watch)
        scraped = watch.until_scored(_due(sent))
        seconds = time.monotonic() - began
        watch.until_joined(int(scraped.value("driftline_events_total", outcome="scored")))
    say("proving the ledgers from the log")
    proven = {role: _proven(one, _partitions(sent)) for role, one in books.items()}
    say("joining the same offline")
    answers, counted = list(predictions(books["scorer"])), Counted()
    report = Report(
        sent=sent,
        scraped=scraped,
        verdict=proven["scorer"],
        labeled=proven["labeler"],
        joined=_joined(books["labeler"], answers, leg, counted),
        drift=_drift(started.brokers, answers, leg),
        seconds=seconds,
        ids=(len(answers), len({said["event_id"] for said in answers})),
    )
    at = Where(brokers=started.brokers, model=MODEL, prefix="", schemas=leg.schemas)
    return report, put_together(at, counted, proven, admin_ports(at, leg.schemas.parent, None))


def _proven(books: Books, partitions: int) -> Verdict:
    return audit(books, begins={Place(topic, p): 0 for topic in books.inputs for p in range(partitions)})


def _drift(brokers: str, answers: list[dict[str, Any]], leg: Leg) -> Drifted:
    """What the sidecar says once it has judged the windows of the last event."""
    say("waiting for the last windows to be judged")
    last = max(said["event_time"] for said in answers)
    return drifted(brokers, topic_name(MODEL, "drift"), last_micros=last, incident=leg.incident)


def _joined(books: Books, answers: list[dict[str, Any]], leg: Leg, counted: Counted) -> Joined:
    """What the outcomes say, held against the parquet; answers and outcomes are counted on the way."""
    for said in answers:
        counted.answer(said)
    waits = load_contract(BUNDLE / "contract.yaml").label
    patience = Patience(horizon=micros(waits.horizon), late=micros(waits.late_window))
    flights = afflicted(read_flights(FIRST_DAY, LAST_DAY), leg.incident).slice(0, leg.events)
    return compared(map(counted.outcome, outcomes(books)), answers, flights, patience)


def _due(sent: dict[str, Any]) -> int:
    """How many records the features topic holds: events, bad ones, one mark a partition."""
    return int(sent["events"] + sum(sent["bad"].values()) + _partitions(sent))


def _partitions(sent: dict[str, Any]) -> int:
    """Half of the marks went to features, half to labels."""
    return int(sent["marks"]) // 2
