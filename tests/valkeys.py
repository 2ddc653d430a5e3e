"""Real Valkeys for the tests that need one: 50 ms to start, gone afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis

from driftline.local.valkey import Valkey


@contextmanager
def running(directory: Path) -> Iterator[Valkey]:
    """A Valkey that runs inside."""
    valkey = Valkey.start(directory)
    try:
        yield valkey
    finally:
        valkey.stop()


@contextmanager
def talking(valkey: Valkey, password: str | None = None) -> Iterator[Redis]:
    """A plain client of it, for tests that look inside or turn its screws."""
    host, port = valkey.address.split(":")
    client = Redis(host=host, port=int(port), protocol=2, password=password)
    try:
        yield client
    finally:
        client.close()
