"""The Valkey that the tests of this folder share, empty for each, with the room in it."""

from collections.abc import Iterator

import pytest
from redis import Redis

from driftline.local.valkey import Valkey
from services.labeler.room.redis_room import RedisRoom
from tests.services.labeler.room.suite import room_in
from tests.valkeys import running, talking


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """One for the folder."""
    with running(tmp_path_factory.mktemp("valkey")) as made:
        yield made


@pytest.fixture
def inside(valkey: Valkey) -> Iterator[Redis]:
    """A plain client of it, with nothing in it."""
    with talking(valkey) as client:
        client.flushall()
        yield client


@pytest.fixture
def stored(valkey: Valkey, inside: Redis) -> Iterator[RedisRoom]:
    """An empty room in it."""
    assert inside.dbsize() == 0
    made = room_in(valkey)
    yield made
    made.close()
