"""Claims on a real Valkey: who is a duplicate, who is not."""

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from driftline.local.valkey import Valkey
from services.scorer.claims.claims import ROWS_A_QUESTION, Claims
from services.scorer.claims.memory import MemoryBook
from services.scorer.claims.opening import open_claims
from services.scorer.claims.redis_book import RedisBook
from stream.redis import TIMEOUT_SECONDS
from tests.services.scorer.claims.claiming import Record, book_in, claim, claims_in, duplicates
from tests.valkeys import talking

PATIENCE_SECONDS = 10.0
FIRST, AGAIN = Record(b"e1", 0, 5), Record(b"e1", 0, 9)


@pytest.fixture
def book(shared: Valkey) -> Iterator[RedisBook]:
    """A book in the shared Valkey."""
    book = book_in(shared)
    yield book
    book.close()


@pytest.fixture
def claims(book: RedisBook) -> Claims:
    """Claims of somebody new."""
    return claims_in(book)


def test_what_was_sent_twice_is_a_duplicate_the_second_time(claims: Claims) -> None:
    """In another batch, in the same one, in another partition."""
    assert duplicates(claims, FIRST) == [False]
    assert duplicates(claims, AGAIN, Record(b"e1", 3, 5), Record(b"e2", 0, 10), Record(b"e2", 0, 11)) == [
        True,
        True,
        False,
        True,
    ]


def test_a_corrected_resend_of_a_refused_event_is_scored(claims: Claims) -> None:
    """In a later batch, or in the same one; the next after it is a duplicate."""
    assert duplicates(claims, FIRST._replace(refused=True)) == [False]
    assert duplicates(claims, AGAIN) == [False]
    assert duplicates(claims, Record(b"e2", 0, 10, refused=True), Record(b"e2", 0, 11)) == [False, False]
    assert duplicates(claims, Record(b"e1", 0, 12), Record(b"e2", 0, 13)) == [True, True]


def test_a_record_that_is_refused_on_its_replay_gives_its_claim_back(claims: Claims) -> None:
    """Scored, aborted, refused: the resend is scored, though its id was claimed; even behind 1,000 other rows."""
    assert duplicates(claims, FIRST) == [False]
    many = [Record(b"x%d" % at, 1, at) for at in range(ROWS_A_QUESTION + 1)]
    assert duplicates(claims, AGAIN, *many, FIRST._replace(refused=True)) == [False] * (ROWS_A_QUESTION + 3)
    assert duplicates(claims, Record(b"e1", 0, 12)) == [True]


def test_a_batch_of_refused_rows_alone_gives_back_too(claims: Claims) -> None:
    """There is nothing to claim, and still something to say."""
    assert duplicates(claims, FIRST) == [False]
    assert duplicates(claims, FIRST._replace(refused=True)) == [False]
    assert duplicates(claims, AGAIN) == [False]


def test_a_refused_record_gives_back_nobody_else_s_claim(claims: Claims) -> None:
    """A refused duplicate leaves the claim where it is."""
    assert duplicates(claims, FIRST) == [False]
    assert duplicates(claims, AGAIN._replace(refused=True)) == [False]
    assert duplicates(claims, Record(b"e1", 0, 12)) == [True]


def test_a_batch_larger_than_a_question_is_answered_whole(claims: Claims) -> None:
    """In order, over several questions."""
    events = [Record(b"%d" % (at % 700), at % 3, at) for at in range(2500)]
    assert duplicates(claims, *events) == [False] * 700 + [True] * 1800
    assert duplicates(claims, *events) == [False] * 700 + [True] * 1800


def test_nothing_asked_is_nothing_found(claims: Claims) -> None:
    """An empty batch is fine."""
    assert duplicates(claims) == []


@pytest.mark.parametrize("offset", [2**53 + 1, 2**63 - 1])
def test_offsets_keep_every_digit(claims: Claims, offset: int) -> None:
    """Lua's numbers would round these."""
    assert duplicates(claims, Record(b"e1", 0, offset)) == [False]
    assert duplicates(claims, Record(b"e1", 0, offset - 1), Record(b"e1", 0, offset)) == [True, False]


def test_ids_are_opaque(claims: Claims) -> None:
    """Empty, long, binary: each is itself."""
    ids = [b"", b"\0", b"\0\0", b"\r\n", b"{}", b"e" * 100_000, "ü".encode(), b"\xff"]
    records = [Record(one, 0, at) for at, one in enumerate(ids)]
    assert duplicates(claims, *records) == [False] * len(ids)
    assert duplicates(claims, *[one._replace(partition=1) for one in records]) == [True] * len(ids)


def test_each_group_and_arm_claims_for_itself(shared: Valkey) -> None:
    """A challenger that scores the same events is no duplicate of the champion; the same owner meets its claims."""

    def opened(group: str, arm: str, tag: str = "owners", topic: str = "t") -> Claims:
        hour = timedelta(hours=1)
        return open_claims(shared.address, config=None, horizon=hour, tag=tag, group=group, arm=arm, topic=topic)

    owners = [opened("g", "a"), opened("g", "b"), opened("h", "a"), opened("g", "a", tag="other")]
    assert [duplicates(one, Record(b"e", 0, at)) for at, one in enumerate(owners)] == [[False]] * 4
    same, elsewhere = opened("g", "a"), opened("g", "a", topic="renamed")
    assert duplicates(same, Record(b"e", 0, 0), Record(b"e", 0, 9)) == [False, True]
    assert duplicates(elsewhere, Record(b"e", 0, 0)) == [True]
    for one in (*owners, same, elsewhere):
        one.close()


def test_claims_are_forgotten_after_the_horizon(shared: Valkey) -> None:
    """The store's clock, and a claim that is met again is not kept for longer."""
    book = book_in(shared, timedelta(milliseconds=40))
    claims = claims_in(book)
    assert duplicates(claims, FIRST) == [False]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while duplicates(claims, AGAIN) == [True]:
        assert time.monotonic() < deadline
        duplicates(claims, FIRST)
    book.close()


def test_the_twin_forgets_after_the_horizon_too() -> None:
    """By the clock that it is given."""
    now = [0.0]
    claims = claims_in(MemoryBook(60.0, clock=lambda: now[0]))
    assert duplicates(claims, FIRST) == [False]
    now[0] = 59.0
    assert duplicates(claims, AGAIN, FIRST) == [True, False]
    now[0] = 60.0
    assert duplicates(claims, AGAIN) == [False]


def test_keys_are_short_share_a_slot_with_a_life_of_the_horizon(own: Valkey) -> None:
    """One hash tag a model, 16 bytes an id, an expiry on each."""
    book = book_in(own, patience_seconds=TIMEOUT_SECONDS)
    duplicates(claims_in(book), Record(b"e" * 1000, 0, 1), Record(b"f", 0, 2))
    with talking(own) as client:
        keys = client.keys("*")
        assert [(key[: -len(key) + 10], len(key)) for key in keys] == [(b"{m}:claim:", 26)] * 2
        assert all(3_590_000 < client.pttl(key) <= 3_600_000 for key in keys)
        assert {len(client.get(key) or b"") for key in keys} == {16}
    book.close()


def test_a_scorer_that_does_not_ask_never_imports_redis() -> None:
    """Half a second of every start, and a package that may be missing."""
    code = "import sys, services.scorer.claims.opening; sys.exit('redis' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_unreachable_store_is_no_reason_not_to_start() -> None:
    """Rows are unsure from the first on."""
    hour = timedelta(hours=1)
    claims = open_claims("127.0.0.1:1", config=None, horizon=hour, tag="m", group="g", arm="a", topic="t")
    said = claim(claims, FIRST, AGAIN._replace(refused=True))
    assert (said.trouble, said.unsure.tolist(), said.duplicates.tolist()) == (
        "unreachable",
        [True, False],
        [False, False],
    )
    claims.close()
