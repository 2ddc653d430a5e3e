"""Records that claim their ids, in few words."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import uuid4

import numpy as np

from driftline.local.valkey import Valkey
from services.scorer.claims.book import Book
from services.scorer.claims.claims import Claimed, Claims
from services.scorer.claims.redis_book import RedisBook
from stream.redis import Address, Store

HOUR = timedelta(hours=1)


class Record(NamedTuple):
    """An input record: its event id, where it stands, whether the scorer refuses it."""

    id: bytes
    partition: int
    offset: int
    refused: bool = False


def claim(claims: Claims, *records: Record) -> Claimed:
    """What the claims say of a batch."""
    return claims.claim(
        [one.id for one in records],
        np.array([one.partition for one in records], np.int32),
        np.array([one.offset for one in records], np.int64),
        refused=np.array([one.refused for one in records], bool),
    )


def duplicates(claims: Claims, *records: Record) -> list[bool]:
    """Which of a batch are duplicates; all of them must have been looked up."""
    said = claim(claims, *records)
    assert not said.is_blind, said.trouble
    found: list[bool] = said.duplicates.tolist()
    return found


def claims_in(book: Book, owner: str = "", clock: Callable[[], float] | None = None) -> Claims:
    """Claims of `owner`, by default of somebody new."""
    owner = owner or uuid4().hex
    return Claims(book, owner=owner, topic="m.features", **({"clock": clock} if clock else {}))


def book_in(valkey: Valkey, horizon: timedelta = HOUR, *, patience_seconds: float = 5.0) -> RedisBook:
    """A book in that Valkey, asked more patiently than a scorer does: a busy machine is no outage."""
    store = Store(Address.parse(valkey.address), timeout_seconds=patience_seconds)
    return RedisBook(store, tag="m", horizon=horizon)


def verdicts(claims: Claims, batches: Sequence[Sequence[Record]]) -> list[list[bool]]:
    """Which are duplicates, batch by batch."""
    return [duplicates(claims, *batch) for batch in batches]
