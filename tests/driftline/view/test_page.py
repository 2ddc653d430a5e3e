"""The page says what the data says, no more: its own script only, nothing from elsewhere, sense where data is none."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftline.alerts.view import standing
from driftline.drift.view import lines
from driftline.view.page import page, parts
from driftline.view.seen import Live, Member, Reasons, Seen, Served, Tick
from tests.driftline.alerts.test_view import FELL, alert
from tests.driftline.view.seeing import HOSTILE, REPORTS, Read, finding, inputs, seen

OUR_ELEMENTS = {
    *("html", "head", "meta", "title", "link", "style", "body", "div", "main", "header", "footer", "section", "script"),
    *("h1", "h2", "h3", "p", "span", "strong", "b", "i", "code", "article", "dl", "dt", "dd", "details", "summary"),
    *("table", "tr", "th", "td", "svg", "g", "path", "text", "rect", "line", "circle", "defs", "clippath"),
}
TOKENS = re.compile(r"[a-z+.-]+://|//[a-z]", re.IGNORECASE)


def test_the_numbers_on_the_page_are_those_of_the_data() -> None:
    """Events by what became of each, outcomes, labels, quality, times, reasons."""
    text = Read(page(seen())).text
    assert "shop version 1" in text
    for said in (
        "scored by the model 4,321",
        "answered by the fallback 7",
        "rejected, with reasons 20",
        "dead letters 35",
        "shop.features 4,383",
        "shop.predictions 4,348",
        "shop.labels 4,001",
        "matched 3,999",
        "expired without a label 329",
        "events answered 4,328",
        "accuracy realised 88.0\xa0%",
        "floor 87.0\xa0%; 4,500 labelled rows",
    ):
        assert " ".join(said.split()) in text.replace("\xa0", " ") or said in text, said


def test_the_charts_hold_the_data() -> None:
    """Each mark tells its numbers: features by window, quality by window, reasons, times."""
    said = Read(page(seen())).said()
    cells = [one for one in said if ": PSI 0.25 (moved from 0.1)" in one]
    assert len(cells) == 2 * 5 + 1  # the ring around the one that moved tells it again
    assert sum("1 in a million or less: moved" in one for one in cells) == 2
    assert sum("realised 88.0\xa0%, floor 87.0\xa0%" in one for one in said) == 5
    assert sum("estimated 90.0\xa0% (85.0\xa0% to 95.0\xa0%)" in one for one in said) == 5
    assert {"rejected, null: 15", "rejected, unseen: 5", "dead letter, empty: 35"} <= set(said)
    assert "≤ 10\xa0ms: 80 events, 80.0\xa0%" in said


def test_alerts_stand_with_their_evidence_and_what_to_do() -> None:
    """The open one and the one that is over, each with its history."""
    text = Read(page(seen())).text
    assert FELL in text
    assert "critical" in text
    assert "· over ·" in text


def test_a_page_asks_nobody_for_anything() -> None:
    """No address stands in it, whatever it is of; its own script alone may run."""
    made = page(seen())
    assert TOKENS.findall(made.replace("// ", "")) == []
    found = Read(made)
    assert [attrs for _, attrs in found.elements if attrs.get("src") or attrs.get("href")] == [
        {"rel": "icon", "href": "data:,"}
    ]
    policy = next(attrs["content"] or "" for tag, attrs in found.elements if attrs.get("http-equiv"))
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-")
    assert "connect-src" not in policy


def assert_harmless(made: str) -> None:
    """Our elements alone, one script, no attribute that runs."""
    found = Read(made)
    names = [tag for tag, _ in found.elements]
    assert set(names) <= OUR_ELEMENTS
    assert names.count("script") <= 1
    assert not [name for _, attrs in found.elements for name in attrs if name.startswith("on")]


def test_what_data_says_is_never_taken_for_the_page() -> None:
    """Names of models, features, reasons, versions, whatever a drift report or an alert says."""
    told = [
        *(one | {"sentence": HOSTILE, "cause": HOSTILE, "why_no_estimate": HOSTILE} for one in REPORTS[:-1]),
        inputs(6, findings=[finding(HOSTILE, 0.001, fired=True)], severity="info", cause="data", sentence=HOSTILE),
    ]
    bad = alert("a", "open", "critical", sentence=HOSTILE, model=HOSTILE, runbook=f"https://{HOSTILE}", team=HOSTILE)
    shown = seen(
        model=HOSTILE,
        lines=list(lines(told)),
        alerts=standing([bad]),
        reasons=Reasons(rejected={HOSTILE: 3}),
        served=[Served(version=HOSTILE, arm=HOSTILE, digest=HOSTILE)],
        missing=[HOSTILE],
        live=Live(members=[Member(role="scorer", address=HOSTILE, is_ready=False, why=HOSTILE)]),
    )
    for made in (page(shown), parts(shown)):
        assert_harmless(made)
        assert HOSTILE not in made
        assert any(HOSTILE in one for one in Read(made).said()), "the chart names the feature as it is"


@given(text=st.text(max_size=60))
@settings(max_examples=15, deadline=None)
def test_no_text_breaks_out_of_its_place(text: str) -> None:
    """Whatever characters it is made of."""
    shown = Seen(model=text, taken_at=datetime(2026, 1, 1, tzinfo=UTC), since=text, missing=[text])
    assert_harmless(page(shown))


def test_topics_without_records_make_a_page_that_says_so() -> None:
    """A sentence in each place where a chart would stand."""
    text = Read(page(Seen(model="shop", taken_at=datetime(2026, 1, 1, tzinfo=UTC), since="the beginning"))).text
    for said in (
        "Not known yet",
        "No window has been judged.",
        "events answered 0 no event yet",
        "No drift report yet",
        "No alert is open, and none was.",
        "No scorer was asked",
        "No labeler was asked",
        "Nothing was refused, set aside or marked.",
        "No outcome yet.",
    ):
        assert said in text


@pytest.mark.parametrize(
    ("cause", "severity", "said"),
    [("concept", "critical", "No: what a score means has changed"), ("data", "warning", "Perhaps not: inputs are")],
)
def test_the_verdict_is_that_of_the_worst_alert(cause: str, severity: str, said: str) -> None:
    """One that informs says nothing about right or wrong."""
    informs = alert("b", "open", "info")
    shown = seen(alerts=standing([informs, alert("a", "open", severity, cause=cause)]))
    assert said in Read(parts(shown)).text
    assert "Yes, as far as the labels tell" in Read(parts(seen(alerts=standing([informs])))).text


def test_a_watched_page_shows_rates_lag_and_asks_for_its_parts_again() -> None:
    """Every so many milliseconds, of the console alone."""
    ticks = [Tick(at=1_790_000_000.0 + n, events=100.0 * n, outcomes=50.0, lag=7.0) for n in range(4)]
    members = [Member(role="scorer", address="", is_ready=True)]
    made = page(seen(live=Live(members=members, ticks=ticks, lag={"scorer": 7.0})), refresh_seconds=3)
    found = Read(made)
    assert next(attrs for tag, attrs in found.elements if tag == "body")["data-refresh-millis"] == "3000"
    assert "ready 7 behind" in found.text
    assert "events 300/s, outcomes 50/s, 7 records behind" in found.said()
