"""What a browser draws of report and console: every figure, nothing from elsewhere, nothing that data runs."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from driftline.alerts.view import standing
from driftline.console.looking import Looking
from driftline.console.server import Server
from driftline.drift.view import lines
from driftline.view.page import page
from driftline.view.seen import Flow, Live, Member, Seen, Tick
from tests.driftline.alerts.test_view import alert
from tests.driftline.view.seeing import DAYS, FLOW, HOSTILE, REPORTS, finding, inputs, seen
from tests.observability.browser import Tab, tab

pytestmark = pytest.mark.observability
DRAWN = """[...document.querySelectorAll(%r)].map(one => one.getBoundingClientRect())
  .filter(box => box.width > 0 && box.height > 0).length"""
CELLS = "section.drift .mark-rect [aria-label*='PSI'][fill='var(--heat)']"
OUTSIDE = """[...document.querySelectorAll("svg.chart text")].filter(one => {
  const box = one.getBoundingClientRect(), place = one.closest("section").getBoundingClientRect();
  return box.left < place.left - 1 || box.right > place.right + 1; }).map(one => one.textContent)"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """One for all tests."""
    with tab(tmp_path_factory.mktemp("chromium")) as made:
        yield made


def report(folder: Path, shown: Seen) -> str:
    """The address of a report of that."""
    file = folder / "report.html"
    file.write_text(page(shown), encoding="utf-8")
    return file.as_uri()


def drawn(browser: Tab, selector: str) -> int:
    """How many of them take room on the screen."""
    return int(browser.says(DRAWN % selector))


def test_everything_the_report_tells_is_drawn(browser: Tab, tmp_path: Path) -> None:
    """Cells, points, bars, alerts; no text is cut off at a side; the file asks for nothing but itself."""
    url = report(tmp_path, seen())
    browser.open(url)
    assert drawn(browser, CELLS) == 2 * DAYS
    assert drawn(browser, "section.quality [aria-label*=': realised']") == DAYS
    assert drawn(browser, "section.quality [aria-label*=': estimated 90']") == DAYS
    assert drawn(browser, "#reasons .mark-rect path") == 3
    assert drawn(browser, ".alert") == 2
    assert browser.says("document.querySelector('#lane-scorer .share b').textContent") == "4,321"
    assert browser.says(OUTSIDE) == []
    assert browser.requests == [url]
    assert browser.complaints == []


@pytest.mark.parametrize("width", [390, 800, 1600])
def test_the_page_fits_the_window(browser: Tab, tmp_path: Path, width: int) -> None:
    """A phone scrolls charts within their places, never the page."""
    browser.open(report(tmp_path, seen()), width=width)
    assert browser.says("document.scrollingElement.scrollWidth") <= width


def test_charts_are_light_or_dark_as_the_page_is(browser: Tab, tmp_path: Path) -> None:
    """Text of a chart has the page's own colour in both."""
    colours = set()
    for scheme in ("light", "dark"):
        browser.open(report(tmp_path, seen()), scheme=scheme)
        page_is, label = (
            browser.says(f"getComputedStyle(document.querySelector({one!r})).{what}")
            for one, what in (("body", "backgroundColor"), ("section.drift svg text", "fill"))
        )
        colours.add((page_is, label))
    assert len({page_is for page_is, _ in colours}) == len({label for _, label in colours}) == 2


def test_a_mark_says_its_numbers_under_the_pointer(browser: Tab, tmp_path: Path) -> None:
    """And no longer when the pointer has gone."""
    browser.open(report(tmp_path, seen()), height=4000)
    place = "(box => [box.x + box.width / 2, box.y + box.height / 2])"
    x, y = browser.says(f"{place}(document.querySelector({CELLS!r}).getBoundingClientRect())")
    browser.point_at(x, y)
    browser.until(lambda: browser.says("getComputedStyle(says).display") == "block")
    assert "PSI 0.25 (moved from 0.1)" in browser.says("says.textContent")
    browser.point_at(2, 2)
    browser.until(lambda: browser.says("getComputedStyle(says).display") == "none")


def test_nothing_that_data_says_is_run(browser: Tab, tmp_path: Path) -> None:
    """No dialogue, no request, no element of its own: it stands there as text."""
    told = [*REPORTS, inputs(6, findings=[finding(HOSTILE, 1e-4, fired=True)])]
    bad = alert("a", "open", "critical", sentence=HOSTILE, model=HOSTILE, runbook="https://example.com/runbook")
    url = report(tmp_path, seen(model=HOSTILE, lines=list(lines(told)), alerts=standing([bad])))
    browser.open(url)
    assert browser.says("document.querySelector('h1').textContent") == HOSTILE
    assert browser.says("document.querySelectorAll('img, a, script:not(:last-of-type)').length") == 0
    assert browser.requests == [url]
    assert browser.complaints == []


class Going:
    """A model through which ten events go between two looks."""

    def __init__(self) -> None:
        self.looks = 0

    def look(self) -> Seen:
        """The next."""
        self.looks += 1
        ticks = [Tick(at=1_790_000_000.0 + n, events=10.0, outcomes=5.0, lag=0.0) for n in range(self.looks)]
        rates = Flow(events={"scored": 10.0})
        live = Live(members=[Member(role="scorer", address="", is_ready=True)], rates=rates, ticks=ticks)
        events: dict[str, Any] = {**FLOW.events, "scored": 10 * self.looks}
        return seen(flow=replace(FLOW, events=events), live=live)


def test_the_console_goes_on_without_being_loaded_again(browser: Tab) -> None:
    """What a reader opened stays open; a console that was stopped is said to be gone."""
    scored = "Number(document.querySelector('#lane-scorer .share b').textContent.replace(',', ''))"
    with closing(Looking(Going().look, every_seconds=0.5)) as looking, closing(Server(looking, port=0)) as server:
        browser.open(server.url)
        browser.says("document.querySelector('details[id^=history]').open = window.loadedOnce = true")
        first = browser.says(scored)
        browser.until(lambda: browser.says(scored) > first + 20)
        browser.until(lambda: drawn(browser, "#course .mark-area path"))
        assert browser.says("window.loadedOnce && document.querySelector('details[id^=history]').open") is True
        assert "10/s" in browser.says("document.querySelector('#lane-scorer').textContent")
        assert browser.says("state.textContent") == ""
        assert {url.removeprefix(server.url) for url in browser.requests} == {"", "parts"}
        assert browser.complaints == []
    browser.until(lambda: "does not answer" in browser.says("state.textContent"))
