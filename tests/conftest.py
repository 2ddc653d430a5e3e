"""The embedded Kafka that the tests under broker and faults share: it fails where it cannot start."""

import gc
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings as laws

from driftline.local.broker import Broker

if TYPE_CHECKING:
    from tests.broker.nursery import Nursery
    from tests.broker.scorer_world import World

# No test asserts a time, those of hypothesis neither.
laws.register_profile("house", deadline=None)
laws.load_profile("house")
NEED_IT = ("broker", "faults")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in those folders, so that `-m "not broker"` leaves it out; say what one worker takes.

    A file's tests share fixtures, so one worker takes them all.
    """
    here = Path(__file__).parent
    folders = {here / name for name in NEED_IT}
    for item in items:
        if folders & set(item.path.parents):
            item.add_marker(pytest.mark.broker)
        if here / "observability" in item.path.parents:
            item.add_marker(pytest.mark.observability)
        item.add_marker(pytest.mark.xdist_group(str(item.path.relative_to(here))))


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


@pytest.fixture(scope="session")
def nursery() -> Iterator["Nursery"]:
    """Where scorers start in no time."""
    from tests.broker.nursery import Nursery  # noqa: PLC0415 - half of the code base, for tests without a broker too

    made = Nursery()
    yield made
    made.close()


@pytest.fixture
def prefix() -> str:
    """A prefix for topic and group names that no other test uses."""
    return f"t{uuid.uuid4().hex[:10]}."


@pytest.fixture
def world(brokers: str, prefix: str, tmp_path: Path, nursery: "Nursery") -> Iterator["World"]:
    """Fresh topics for scorers that are processes; what a start itself does is seen in test_scorer_start."""
    from tests.broker.scorer_world import World  # noqa: PLC0415 - as above

    made = World(brokers, prefix, tmp_path, nursery)
    yield made
    made.close()
