"""What holds for every order, batching, repetition and refusal, in the memory twin as in a real Valkey."""

from collections.abc import Iterator
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftline.local.valkey import Valkey
from services.scorer.claims.book import Book
from services.scorer.claims.memory import MemoryBook
from tests.services.scorer.claims.claiming import HOUR, Record, book_in, claims_in, verdicts

POSITIONS = 8


@pytest.fixture(scope="module", params=["memory", "valkey"])
def book(request: pytest.FixtureRequest, shared: Valkey) -> Iterator[Book]:
    """Both books, one after the other; every example is a new owner."""
    book = MemoryBook(HOUR.total_seconds()) if request.param == "memory" else book_in(shared)
    yield book
    book.close()


@st.composite
def visits(draw: st.DrawFn) -> list[list[Record]]:
    """Batches of records, each record at any of its visits in any company; some are never met."""
    ids = draw(st.lists(st.sampled_from([b"a", b"b", b"c"]), min_size=POSITIONS, max_size=POSITIONS))
    records = [Record(ids[at], at % 2, at // 2) for at in range(POSITIONS)]
    batch = st.lists(st.sampled_from(records), min_size=1, max_size=POSITIONS, unique=True)
    return draw(st.lists(batch, min_size=1, max_size=6))


@settings(max_examples=60, deadline=None)
@given(batches=visits())
def test_of_one_id_exactly_one_record_is_no_duplicate(book: Book, batches: list[list[Record]]) -> None:
    """The first that was met, whatever came when, and it stays the one however often any is read again."""
    met = list(chain.from_iterable(batches))
    said = list(chain.from_iterable(verdicts(claims_in(book), batches)))
    originals = {record for record, duplicate in zip(met, said, strict=True) if not duplicate}
    assert originals == {next(one for one in met if one.id == event) for event in {one.id for one in met}}
    assert said == [record not in originals for record in met]


@settings(max_examples=60, deadline=None)
@given(batches=visits(), cuts=st.lists(st.integers(0, 5), max_size=4))
def test_a_prefix_read_again_is_answered_as_before(book: Book, batches: list[list[Record]], cuts: list[int]) -> None:
    """Aborts and crashes anywhere: what was claimed and never committed changes nothing."""
    undisturbed = verdicts(claims_in(book), batches)
    disturbed = claims_in(book)
    for cut in cuts:
        assert verdicts(disturbed, batches[:cut]) == undisturbed[:cut]
    assert verdicts(disturbed, batches) == undisturbed


@settings(max_examples=60, deadline=None)
@given(data=st.data(), batches=visits())
def test_the_twin_in_memory_says_what_valkey_says(
    shared: Valkey, data: st.DataObject, batches: list[list[Record]]
) -> None:
    """With rows refused on one visit and not on another."""
    decided = [[one._replace(refused=data.draw(st.booleans())) for one in batch] for batch in batches]
    real, twin = book_in(shared), MemoryBook(HOUR.total_seconds())
    assert verdicts(claims_in(real), decided) == verdicts(claims_in(twin), decided)
    real.close()


@settings(max_examples=60, deadline=None)
@given(data=st.data(), batches=visits())
def test_a_refused_record_holds_nothing(book: Book, data: st.DataObject, batches: list[list[Record]]) -> None:
    """Of records that are refused in the end, none keeps another one of the same id from being scored."""
    claims = claims_in(book)
    decided = [[one._replace(refused=data.draw(st.booleans())) for one in batch] for batch in batches]
    verdicts(claims, decided)
    everybody = {(one.partition, one.offset): one._replace(refused=True) for one in chain.from_iterable(batches)}
    verdicts(claims, [list(everybody.values())])
    fresh = [Record(event, 7, at) for at, event in enumerate((b"a", b"b", b"c"))]
    assert verdicts(claims, [fresh]) == [[False] * 3]
