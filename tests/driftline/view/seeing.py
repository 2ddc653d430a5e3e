"""A model as it may be seen: reports of five days, two alerts, metrics, counts; whatever a test changes of it."""

from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

from driftline.alerts.view import standing
from driftline.drift.view import lines
from driftline.view.seen import Account, Flow, Reasons, Seen, Served
from stream.telemetry.scrape import Scraped
from tests.driftline.alerts.test_view import alert
from tests.driftline.drift.test_view import HOUR, report

DAYS = 5
HOSTILE = "</svg></script><script>alert('x')</script><img src=x onerror=alert(1)>\"' $x$"


def finding(subject: str, p_value: float, *, fired: bool = False, test: str = "psi") -> dict[str, Any]:
    """What a test says of a feature."""
    said = {"test": test, "subject": subject, "statistic": 0.25, "p_value": p_value, "threshold": 0.1}
    return {**said, "expected": 0.01, "found": 0.25, "fired": fired}


def day(number: int, kind: str = "inputs", **changes: Any) -> dict[str, Any]:
    """The report of a day."""
    start = report(24 * number)["start"]
    end = start + 24 * HOUR
    named = {"start": start, "end": end, "report_id": f"1/champion/{kind}/{end}", "judged": True, "spent": 0.01}
    return {**report(24 * number, kind), **named, "rows": 1000, **changes}


def inputs(number: int, **changes: Any) -> dict[str, Any]:
    """A day of scored rows: `temp` moves on the last one."""
    moved = finding("temp", 1e-9 if number == DAYS - 1 else 0.5, fired=number == DAYS - 1)
    estimate = {"accuracy": 0.9, "low": 0.85, "high": 0.95, "f1": None}
    said = {"estimated": estimate, "findings": [finding("price", 0.3), moved], "why_no_estimate": ""}
    return day(number, **{**said, **changes})


def cohort(number: int, accuracy: float | None = 0.88, **changes: Any) -> dict[str, Any]:
    """A day of labelled rows, one in ten without a label."""
    known = {"rows": 900, "coverage": 0.9, "accuracy": accuracy, "expected": 0.9}
    rest = dict.fromkeys(("precision", "recall", "auc", "mae", "bias"))
    gap = {"gap": 0.02, "error": 0.01, "material": 0.01}
    floor = {**finding("errors", 0.5, test="cusum"), "expected": 0.87}
    said = {"realised": {**known, **rest}, "gap": gap, "findings": [floor]}
    return day(number, "cohort", **{**said, **changes})


REPORTS = [*(inputs(number) for number in range(DAYS)), *(cohort(number) for number in range(DAYS))]
BUCKETS = {"0.001": 10.0, "0.01": 90.0, "+Inf": 100.0}


def histogram(name: str, upto: dict[str, float], seconds: float, **labels: str) -> dict[Any, float]:
    """The samples of a histogram."""
    mine = frozenset(labels.items())
    held = {(f"{name}_bucket", mine | {("le", edge)}): count for edge, count in upto.items()}
    return {**held, (f"{name}_count", mine): upto["+Inf"], (f"{name}_sum", mine): seconds}


SCORER = Scraped(
    {
        **histogram("driftline_stage_seconds", BUCKETS, 0.5, stage="infer"),
        **histogram("driftline_end_to_end_seconds", BUCKETS, 0.7),
    }
)
LABELER = Scraped(histogram("driftline_label_delay_seconds", {"60.0": 0.0, "900.0": 30.0, "+Inf": 40.0}, 9e4))
FLOW = Flow(
    events={"scored": 4321, "fallback": 7, "rejected": 20, "dead": 35, "duplicate": 0, "mark": 12},
    labels=4001,
    outcomes={"matched": 3999, "expired": 329},
    dead={"features": 35, "labels": 2, "predictions": 0},
)


def seen(**changes: Any) -> Seen:
    """A model that was watched for five days."""
    whole: dict[str, Any] = {
        "model": "shop",
        "taken_at": datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
        "since": "all that the topics keep",
        "flow": FLOW,
        "accounts": [Account(role="scorer", status="balanced"), Account(role="labeler", status="balanced")],
        "reasons": Reasons(rejected={"null": 15, "unseen": 5}, dead={"empty": 35}),
        "served": [Served(version="1", arm="champion", digest="abcdef0123456789")],
        "metrics": {"scorer": SCORER, "labeler": LABELER},
        "lines": list(lines(REPORTS)),
        "alerts": standing([alert("a", "open", "critical"), alert("b", "resolved", "info")]),
    }
    return Seen(**{**whole, **changes})


class Read(HTMLParser):
    """What a browser would see of a page: its elements, each with its attributes and its own text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element opens."""
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Text between elements."""
        self._texts.append(data)

    @property
    def text(self) -> str:
        """All text, a space where there are several."""
        return " ".join(" ".join(self._texts).split())

    def said(self) -> list[str]:
        """What is told of each mark of the charts."""
        return [attrs["aria-label"] or "" for tag, attrs in self.elements if "aria-label" in attrs and tag != "svg"]
