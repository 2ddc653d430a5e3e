"""A watch tells totals, rates since the look before, the times of the last minute, and who does not answer."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from driftline.view.seen import Member, Role
from driftline.view.services import Answers, Service
from driftline.view.times import WHOLE_NAME, stages
from driftline.watching.counters import flow_of, lag_of, rates, reasons_of
from driftline.watching.following import Following
from driftline.watching.watch import LAST_MINUTE, NOBODY, SINCE, Watch
from driftline.where import Where
from stream.telemetry.scrape import Scraped
from tests.driftline.view.seeing import histogram

AT = Where(brokers="127.0.0.1:1", model="shop", prefix="", schemas=Path("schemas"))


def scraped(events: float, joined: float = 0, *, lag: float = 0, seconds: float = 0.01) -> Mapping[Role, Scraped]:
    """What scorer and labeler say after so many events and outcomes."""

    def sample(name: str, value: float, **labels: str) -> dict[Any, float]:
        return {(name, frozenset(labels.items())): value}

    edges = {str(seconds): events, "+Inf": events}
    scorer = {
        **sample("driftline_events_total", events, outcome="scored"),
        **sample("driftline_events_total", 2, outcome="dead"),
        **sample("driftline_dead_letters_total", 2, reason="empty"),
        **sample("driftline_rejects_total", 1, reason="null"),
        **sample("driftline_lag_messages", 1, topic="shop.features", partition="0"),
        **sample("driftline_lag_messages", lag, topic="shop.features", partition="1"),
        **histogram(WHOLE_NAME, edges, events * seconds),
    }
    labeler = {
        **sample("driftline_labels_total", joined, result="matched"),
        **sample("driftline_labels_total", 1, result="orphan"),
        **sample("driftline_outcomes_total", joined, status="matched"),
        **sample("driftline_dead_letters_total", 3, reason="empty"),
    }
    return {"scorer": Scraped(scorer), "labeler": Scraped(labeler)}


class Stack:
    """Services whose answers a test lays down in advance, with a clock that goes on by so many seconds a look."""

    def __init__(self, *answers: Mapping[Role, Scraped], step: float = 2.0) -> None:
        self._answers, self._step, self.now = list(answers), step, 1_790_000_000.0

    def ask(self, services: Sequence[Service]) -> Answers:
        """The next answer."""
        self.now += self._step
        members = [Member(role=one.role, address=one.address, is_ready=True) for one in services]
        return Answers(members=members, metrics=self._answers.pop(0), missing=[])

    def watch(self) -> Watch:
        """A watch of it, of topics that nobody has read yet."""
        services = [Service("scorer", "http://127.0.0.1:9101")]
        return Watch(AT, lambda: services, following=Following(AT), ask=self.ask, clock=lambda: self.now)


def test_rates_are_what_came_since_the_look_before() -> None:
    """Totals go on, rates do not; the first look knows none."""
    watch = Stack(scraped(100), scraped(300, 50, lag=40)).watch()
    first, second = watch.look(), watch.look()
    assert first.live
    assert first.live.rates is None
    assert (second.flow.events["scored"], second.flow.outcomes) == (300, {"matched": 50})
    assert second.live
    assert second.live.rates
    assert second.live.rates.events["scored"] == pytest.approx(100)
    assert second.live.rates.labels == pytest.approx(25)
    assert [(one.events, one.outcomes, one.lag) for one in second.live.ticks] == [(100, 25, 40)]


def test_a_service_that_started_anew_counts_from_nothing() -> None:
    """No rate is below zero."""
    watch = Stack(scraped(500), scraped(30)).watch()
    watch.look()
    live = watch.look().live
    assert live
    assert live.rates
    assert live.rates.events["scored"] == pytest.approx(15)


def test_times_are_those_of_the_last_minute() -> None:
    """Of all the time where nothing was answered in it."""
    slow = scraped(100, seconds=1.0)
    stopped = Stack(slow, slow).watch()
    quick = Stack(slow, scraped(1_000, seconds=1.0)).watch()
    stopped.look()
    quick.look()
    quiet, busy = stopped.look(), quick.look()
    assert quiet.live
    assert busy.live
    assert (quiet.live.times, busy.live.times) == (SINCE, LAST_MINUTE)
    assert [one.times for one in stages(quiet.scraped("scorer"))] == [100]
    assert [one.times for one in stages(busy.scraped("scorer"))] == [900]


def test_what_is_older_than_a_minute_is_forgotten() -> None:
    """The times then are those of the looks that are left."""
    watch = Stack(*(scraped(100 * n) for n in range(1, 5)), step=40.0).watch()
    last = [watch.look() for _ in range(4)][-1]
    assert [one.times for one in stages(last.scraped("scorer"))] == [100]


def test_behind_is_what_nobody_has_read_markers_left_out() -> None:
    """A drained partition written in transactions rests at 1."""
    assert lag_of(scraped(1, lag=7)) == {"scorer": 7, "labeler": 0}


def test_reasons_of_both_services_are_added_up() -> None:
    """A letter of either is a letter."""
    found = reasons_of(scraped(1))
    assert (found.rejected, found.dead) == ({"null": 1}, {"empty": 5})


def test_an_orphan_is_a_label_that_was_counted_when_it_came() -> None:
    """It is not counted again when it leaves."""
    assert flow_of(scraped(1, joined=9)).labels == 9


def test_nothing_divides_by_a_role_that_does_not_answer() -> None:
    """Flows are empty, not an error."""
    empty = flow_of({})
    assert (empty.read, empty.answered) == (0, 0)
    assert rates(empty, flow_of(scraped(4)), 2.0).events["scored"] == pytest.approx(2)


def test_services_that_start_later_are_asked_then() -> None:
    """Until then that nobody is asked is said, with what to do; the rest of the page stands."""
    there: list[Service] = []
    stack = Stack({}, scraped(5))
    watch = Watch(AT, lambda: there, following=Following(AT), ask=stack.ask, clock=lambda: stack.now)
    assert watch.look().missing == [NOBODY]
    there.append(Service("scorer", "http://127.0.0.1:9101"))
    found = watch.look()
    assert (found.missing, found.flow.answered) == ([], 5)
