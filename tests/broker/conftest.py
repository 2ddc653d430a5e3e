"""The embedded Kafka that every test under tests/broker shares: it fails where it cannot start."""

import gc
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from driftline.local.broker import Broker


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in this folder, so that `-m "not broker"` leaves it out."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.broker)


@pytest.fixture(scope="session")
def brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The bootstrap address of one real broker for the whole run."""
    # What a killed scorer without a slot left open ends a second after its time-out, not ten; this broker is never
    # restarted, so that the short interval can do no harm (driftline/local/one_node.py says what harm).
    settings = {"transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000"}
    broker = Broker.start(tmp_path_factory.mktemp("kafka"), settings=settings)
    yield broker.bootstrap
    gc.collect()  # clients that only a caught exception still holds would complain of the broker's end
    broker.stop()


@pytest.fixture
def prefix() -> str:
    """A prefix for topic and group names that no other test uses."""
    return f"t{uuid.uuid4().hex[:10]}."
