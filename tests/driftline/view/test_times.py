"""Times and metrics: what histograms hold, which services are asked, how several of one role add up."""

import doctest
import os
from pathlib import Path

import pytest

from driftline.local.state import Member, Process, StackState, write_state
from driftline.output import Refusal
from driftline.view import words
from driftline.view.seen import Served
from driftline.view.services import added, asked, served_by, services_of
from driftline.view.times import DELAY_NAME, WHOLE, WHOLE_NAME, bins, stages
from driftline.where import Where
from stream.telemetry.scrape import Scraped
from tests.driftline.view.seeing import LABELER, SCORER

AT = Where(brokers="127.0.0.1:1", model="shop", prefix="", schemas=Path("schemas"))


def test_stages_that_ran_are_told_and_the_whole_way_last() -> None:
    """Median and 99th percentile interpolated as PromQL does, the mean exact."""
    infer, whole = stages(SCORER)
    assert (infer.name, whole.name) == ("infer", WHOLE)
    assert infer.median == pytest.approx(0.0055)
    assert (infer.mean, infer.times) == (0.005, 100)
    assert stages(Scraped({})) == []


def test_bins_hold_what_fell_between_their_edges() -> None:
    """From the first that holds anything to the last."""
    assert [(one.label, one.count) for one in bins(SCORER, WHOLE_NAME)] == [
        ("≤ 1\xa0ms", 10),
        ("≤ 10\xa0ms", 80),
        ("> 10\xa0ms", 10),
    ]
    assert [(one.label, one.count) for one in bins(LABELER, DELAY_NAME)] == [("≤ 15\xa0min", 30), ("> 15\xa0min", 10)]
    assert bins(Scraped({}), WHOLE_NAME) == []


def test_two_processes_of_a_role_are_added_up() -> None:
    """Each count of each is there once."""
    assert added(None, SCORER) is SCORER
    assert [one.count for one in bins(added(SCORER, SCORER), WHOLE_NAME)] == [20, 160, 20]


def test_which_bundle_is_served_is_what_the_scorer_says() -> None:
    """Version, arm and digest."""
    labels = {"model": "shop", "model_version": "3", "arm": "champion", "digest": "ab"}
    found = Scraped({("driftline_model_info", frozenset(labels.items())): 1.0})
    assert served_by(found) == [Served(version="3", arm="champion", digest="ab")]


def test_admin_ports_are_named_by_role_and_address() -> None:
    """Anything else is refused with an example."""
    (one,) = services_of(AT, Path("none"), ["scorer=127.0.0.1:9101"])
    assert (one.role, one.address) == ("scorer", "http://127.0.0.1:9101")
    for bad in ("127.0.0.1:9101", "cook=127.0.0.1:1", "scorer=http://a:1", "scorer=a:1/../x", "scorer=file:1@b:2"):
        with pytest.raises(Refusal, match="found --admin"):
            services_of(AT, Path("none"), [bad])


def test_of_the_local_stack_those_that_serve_the_model_are_asked(tmp_path: Path) -> None:
    """None where another Kafka is looked at, for the stack's services say nothing of that."""
    me = Process.of(os.getpid())
    names = ("shop.scorer-0", "other.labeler-0", "shop.notifier-0", "shop.drift-0")
    members = tuple(
        Member(name=name, process=me, address=f"http://{name}", log=tmp_path, ready_url="http://x") for name in names
    )
    for brokers, expected in ((AT.brokers, ["scorer", "drift"]), ("127.0.0.1:2", [])):
        state = StackState(
            phase="ready", supervisor=me, brokers=brokers, prefix="", models=("shop", "other"), members=members
        )
        write_state(tmp_path, state)
        assert [one.role for one in services_of(AT, tmp_path, None)] == expected


def test_a_service_that_does_not_answer_is_named() -> None:
    """The others' answers stand."""
    found = asked(services_of(AT, Path("none"), ["drift=127.0.0.1:1"]))
    assert [(one.role, one.is_ready) for one in found.members] == [("drift", False)]
    assert "The drift at http://127.0.0.1:1 does not answer" in found.missing[0]
    assert found.metrics == {}


def test_the_examples_of_words_hold() -> None:
    """Each is run."""
    found = doctest.testmod(words)
    assert (found.failed, found.attempted > 0) == (0, True)
