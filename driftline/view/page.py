"""What was seen as a page that needs nothing but itself: everything that data says stands in it escaped."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from driftline.alerts.view import happened, minute, since, to_do
from driftline.drift.view import Line, stories
from driftline.view import charts, courses, drift_charts, words
from driftline.view.drawing import drawn
from driftline.view.lanes import lanes
from driftline.view.seen import Seen
from driftline.view.summary import TONES, figures, verdict
from driftline.view.times import DELAY_NAME, WHOLE_NAME, bins, stages

LEAST_TICKS = 3
CHARTS = ("latency", "whole", "delay", "reasons", "course")


@dataclass(frozen=True, kw_only=True)
class Watched:
    """One version and arm on the page: what its drift reports say, drawn; None where there is nothing to draw."""

    name: str
    heat: Markup | None
    quality: Markup | None
    why_no_estimate: str
    stories: list[tuple[str, ...]]
    accuracy: str
    rows: str
    spent: str


def page(seen: Seen, *, refresh_seconds: float = 0.0) -> str:
    """The whole page; with `refresh_seconds` one that asks for its parts anew that often."""
    script, style = _text("page.js"), _text("page.css")
    allowed = f"default-src 'none'; style-src 'unsafe-inline'; script-src '{_digest(script)}'; img-src data:"
    allowed += "; base-uri 'none'" + ("; connect-src 'self'" if refresh_seconds else "")
    shown = {"style": Markup(style), "script": Markup(script), "allowed": allowed}  # noqa: S704 - our own files
    return _rendered("page.html", {**_parts(seen), **shown, "refresh_millis": int(refresh_seconds * 1000)})


def parts(seen: Seen) -> str:
    """What of the page changes."""
    return _rendered("parts.html", _parts(seen))


def _parts(seen: Seen) -> dict[str, Any]:
    return {
        "seen": seen,
        "verdict": verdict(seen),
        "figures": figures(seen),
        "lanes": lanes(seen),
        "lines": [_watched(seen, line) for line in seen.lines],
        "stages": stages(seen.scraped("scorer")),
        "alerts": [*seen.alerts.open, *seen.alerts.resolved],
        "charts": dict.fromkeys(CHARTS) | dict(_charts(seen)),
        "evidence": {one["alert_id"]: _evidence(seen, one["report_id"]) for one in seen.alerts.open},
    }


def _charts(seen: Seen) -> Iterator[tuple[str, Markup]]:
    """The charts for which there is something to draw."""
    scorer, labeler = seen.scraped("scorer"), seen.scraped("labeler")
    if found := stages(scorer):
        yield "latency", drawn(charts.latency(found), "Time of each stage, from its median to its 99th percentile")
    if some := bins(scorer, WHOLE_NAME):
        yield "whole", drawn(charts.histogram(some, what="events"), "How long events take until they are committed")
    if some := bins(labeler, DELAY_NAME):
        chart = charts.histogram(some, what="labels", colour="var(--green)")
        yield "delay", drawn(chart, "How long after their events labels become known")
    if any(seen.reasons.kinds().values()):
        yield "reasons", drawn(charts.reasons(seen.reasons), "Why rows were refused or marked")
    if seen.live and len(seen.live.ticks) >= LEAST_TICKS:
        yield "course", drawn(charts.course(seen.live.ticks), "Events and outcomes a second, records behind")


def _watched(seen: Seen, line: Line) -> Watched:
    cells, known, expected = courses.heat(line), courses.realised(line), courses.estimated(line)
    accuracy, rows = courses.overall(known)
    name = f"{seen.model} {line.version}" + ("" if line.arm == "champion" else f", {line.arm}")
    drawable = known or any(one.estimated is not None for one in expected)
    return Watched(
        name=name,
        heat=drawn(drift_charts.heat_map(cells), f"What moved when, {name}") if cells else None,
        quality=drawn(drift_charts.quality(known, expected), f"Quality, {name}") if drawable else None,
        why_no_estimate=courses.why_no_estimate(line),
        stories=stories(line),
        accuracy=words.share(accuracy),
        rows=words.count(rows),
        spent=f"{sum(one['spent'] for one in line.every):.2f}",
    )


def _evidence(seen: Seen, report_id: str) -> Any:
    return next((found for line in seen.lines if (found := courses.evidence(line, report_id))), None)


def _digest(script: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("driftline.view"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update({"since": since, "happened": happened, "to_do": to_do, "minute": minute})
    made.filters.update({"count": words.count, "time_span": words.time_span})
    made.globals.update({"TONES": TONES, "window": words.window, "chance": words.chance})
    return made


def _rendered(name: str, values: dict[str, Any]) -> str:
    return str(_environment().get_template(name).render(values))


def _text(name: str) -> str:
    loader = _environment().loader
    assert loader is not None  # noqa: S101 - the line above gave it one
    return loader.get_source(_environment(), name)[0]
