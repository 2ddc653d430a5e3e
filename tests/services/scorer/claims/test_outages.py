"""A store that is down, slow, full, emptied or misused: rows are scored and marked, replays never mistaken."""

import os
import signal
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from driftline.local.valkey import Valkey
from services.scorer.claims.book import OURS, Answer
from services.scorer.claims.claims import Claims
from services.scorer.claims.packing import Packed
from services.scorer.claims.redis_book import RedisBook
from stream.redis import TIMEOUT_SECONDS
from stream.store import StoreUnavailable
from tests.services.scorer.claims.claiming import Record, book_in, claim, claims_in, duplicates
from tests.valkeys import talking

FIRST, AGAIN, THIRD = Record(b"e1", 0, 5), Record(b"e1", 0, 9), Record(b"e1", 0, 12)
OTHER = Record(b"e2", 0, 6)


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock of our own."""
    return Clock()


@pytest.fixture
def book(own: Valkey) -> Iterator[RedisBook]:
    """A book in a Valkey that may be harmed."""
    book = book_in(own, patience_seconds=TIMEOUT_SECONDS)
    yield book
    book.close()


@pytest.fixture
def claims(book: RedisBook, clock: Clock) -> Claims:
    """Claims in it that hold FIRST."""
    claims = claims_in(book, clock=clock)
    assert duplicates(claims, FIRST) == [False]
    return claims


def test_a_killed_store_blinds_until_it_is_back(own: Valkey, claims: Claims, clock: Clock) -> None:
    """After kill -9 rows are unsure, after the restart and the pause found again, without any help."""
    own.kill()
    said = claim(claims, AGAIN, OTHER)
    assert (said.trouble, said.unsure.tolist(), said.duplicates.tolist()) == ("unreachable", [True] * 2, [False] * 2)
    own.restart()
    assert claim(claims, FIRST).trouble == "unreachable"
    clock.now += 1.0
    assert duplicates(claims, FIRST) == [False]
    assert duplicates(claims, THIRD) == [True]


def test_a_stopped_store_blinds_and_its_late_answers_are_no_answers(own: Valkey, claims: Claims, clock: Clock) -> None:
    """What it carries out after SIGCONT was claimed by its own position, so that all is well."""
    os.kill(own.pid, signal.SIGSTOP)
    assert claim(claims, OTHER, Record(b"e3", 0, 7), Record(b"e3", 0, 8)).trouble == "unreachable"
    os.kill(own.pid, signal.SIGCONT)
    clock.now += 1.0
    assert duplicates(claims, FIRST, AGAIN) == [False, True]
    assert duplicates(claims, OTHER, Record(b"e3", 0, 7)) == [False, False]


def test_a_full_store_blinds_for_what_is_new_only(own: Valkey, claims: Claims) -> None:
    """Known duplicates are found, replays known, new ids unsure; memory again, and all is as before."""
    with talking(own) as client:
        client.config_set("maxmemory", "1")
        said = claim(claims, FIRST, AGAIN, OTHER)
        assert said.trouble == "full"
        assert (said.duplicates.tolist(), said.unsure.tolist()) == ([False, True, False], [False, False, True])
        client.config_set("maxmemory", "0")
    assert duplicates(claims, OTHER) == [False]
    assert duplicates(claims, OTHER._replace(offset=20)) == [True]


def test_a_replica_that_is_read_only_blinds_for_what_is_new_only(own: Valkey, claims: Claims) -> None:
    """As after a failover that went wrong."""
    with talking(own) as client:
        client.replicaof("127.0.0.1", "1")
        client.config_set("replica-serve-stale-data", "yes")
        said = claim(claims, FIRST, AGAIN, OTHER)
        assert said.trouble == "refused"
        assert (said.duplicates.tolist(), said.unsure.tolist()) == ([False, True, False], [False, False, True])
        client.replicaof("NO", "ONE")
    assert duplicates(claims, OTHER) == [False]


def test_an_emptied_store_forgets(own: Valkey, claims: Claims) -> None:
    """FLUSHALL with SCRIPT FLUSH: a duplicate is scored once more, a replay still is none."""
    with talking(own) as client:
        client.flushall()
        client.script_flush()
    assert duplicates(claims, FIRST) == [False]
    assert duplicates(claims, AGAIN) == [True]
    with talking(own) as client:
        client.flushall()
    assert duplicates(claims, AGAIN) == [False]
    assert duplicates(claims, FIRST) == [True]


def test_a_key_of_another_type_blinds_its_own_row_only(own: Valkey, claims: Claims) -> None:
    """Somebody else's list in our place: that id is unsure, the others are not, also where it is to be given back."""
    with talking(own) as client:
        (key,) = client.keys("*")
        client.delete(key)
        client.lpush(key, "not ours")
    said = claim(claims, FIRST, OTHER, OTHER._replace(offset=20), AGAIN._replace(refused=True))
    assert said.trouble == "refused"
    assert (said.duplicates.tolist(), said.unsure.tolist()) == (
        [False, False, True, False],
        [True, False, False, False],
    )


def test_a_clean_restart_remembers(own: Valkey, claims: Claims, clock: Clock) -> None:
    """The local Valkey keeps a log on disk."""
    own.restart()
    clock.now += 10.0
    assert duplicates(claims, FIRST, AGAIN) == [False, True]


class Dead:
    """A book that does not answer unless it is well, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked, self.is_well = 0, False

    def settle(self, claims: Packed, returns: Packed) -> Answer:
        """Fail, or say that all is ours."""
        del returns
        self.asked += 1
        if self.is_well:
            return Answer(OURS * claims.rows)
        raise StoreUnavailable("nobody there")

    def close(self) -> None:
        """Nothing is held."""


def test_a_dead_store_is_asked_ever_less_often(clock: Clock) -> None:
    """After 1, 2, 4, 8, 8 seconds, whatever the number of batches meanwhile."""
    book = Dead()
    claims = claims_in(book, clock=clock)
    asked_at = []
    for _ in range(2400):
        before = book.asked
        assert claim(claims, FIRST, OTHER).unsure.all()
        if book.asked > before:
            asked_at.append(clock.now - 100.0)
        clock.now += 0.01
    assert [round(at) for at in asked_at] == [0, 1, 3, 7, 15, 23]


def test_after_a_recovery_the_pause_is_short_again(clock: Clock) -> None:
    """A second, however long the outage before."""
    book = Dead()
    claims = claims_in(book, clock=clock)
    for seconds in (1.0, 2.0, 4.0):
        claim(claims, FIRST)
        clock.now += seconds
    book.is_well = True
    assert duplicates(claims, FIRST) == [False]
    book.is_well = False
    claim(claims, FIRST)
    clock.now += 1.0
    book.is_well = True
    assert duplicates(claims, FIRST) == [False]


def test_the_log_hears_of_the_beginning_and_of_the_end(own: Valkey, claims: Claims, clock: Clock) -> None:
    """Once each, whatever the number of batches between."""
    with capture_logs() as log:
        own.kill()
        for _ in range(3):
            claim(claims, OTHER)
            claim(claims, OTHER._replace(refused=True))
        own.restart()
        clock.now += 1.0
        for _ in range(3):
            duplicates(claims, OTHER)
    assert [(line["log_level"], line.get("cause")) for line in log] == [("warning", "unreachable"), ("info", None)]
    assert own.address in log[0]["said"]
