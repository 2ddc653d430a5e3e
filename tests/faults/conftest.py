"""What the fault tests share: a seed that can be given again, fresh topics, a broker that may be broken."""

import gc
import os
import random
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from driftline.local.broker import Broker
from driftline.local.one_node import SETTINGS
from driftline.local.ports import free_port
from driftline.local.valkey import Valkey
from tests.broker.nursery import Nursery
from tests.broker.scorer_world import World
from tests.faults.joining_world import Joins, Table, statuses
from tests.faults.proxy import Proxy
from tests.valkeys import running

SEED = int(os.environ.get("FAULT_SEED") or secrets.randbits(31))


class Frail:
    """A broker of one's own, up at the start of every test, with a second way to it through a proxy.

    Who comes by the proxy is sent back to the proxy; observers take the straight way.
    """

    def __init__(self, path: Path) -> None:
        plain, proxied, reached, controller = (f"127.0.0.1:{free_port()}" for _ in range(4))
        settings = {
            "listeners": f"PLAINTEXT://{plain},PROXIED://{proxied},CONTROLLER://{controller}",
            "advertised.listeners": f"PROXIED://{reached},PLAINTEXT://{plain}",
            "listener.security.protocol.map": f"{SETTINGS['listener.security.protocol.map']},PROXIED:PLAINTEXT",
            "controller.quorum.voters": f"1@{controller}",
        }
        self.broker = Broker.start(path, port=int(plain.rpartition(":")[2]), settings=settings)
        self.proxy = Proxy(*(int(address.rpartition(":")[2]) for address in (reached, proxied)))

    def is_up(self) -> None:
        """Start it again where a test left it down."""
        if self.broker.exit_code is not None:
            self.broker.restart()

    def close(self) -> None:
        """End it."""
        self.proxy.close()
        self.broker.stop()


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """Where chance begins in this test; FAULT_SEED gives one run's again."""
    print(f"FAULT_SEED={SEED} runs {request.node.name} with the same chances again")  # noqa: T201 - pytest shows it
    return random.Random(f"{SEED} {request.node.name}").getrandbits(31)


@pytest.fixture(scope="session")
def frail_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Frail]:
    """One for the whole run."""
    made = Frail(tmp_path_factory.mktemp("frail"))
    yield made
    gc.collect()  # clients that only a caught exception still holds would complain of the broker's end
    made.close()


@pytest.fixture
def frail(frail_broker: Frail) -> Frail:
    """It is up, its proxy well."""
    frail_broker.proxy.heal()
    frail_broker.is_up()
    return frail_broker


@pytest.fixture
def frail_world(frail: Frail, prefix: str, tmp_path: Path, nursery: Nursery) -> Iterator[World]:
    """Fresh topics on the broker that may be broken."""
    made = World(frail.broker.bootstrap, prefix, tmp_path, nursery)
    yield made
    made.close()


@pytest.fixture(scope="session")
def calm(brokers: str, tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> Table:
    """The table of the history when nothing happens."""
    path = tmp_path_factory.mktemp("calm")
    with running(path / "valkey") as valkey:
        world = Joins(brokers, f"calm{secrets.token_hex(4)}.", path, nursery)
        labeler = world.labeler(valkey)
        world.finish()
        assert labeler.stop() == 0, world.logs()
        found = world.table()
        world.prove(found)
        world.close()
    assert statuses(found) == {"matched": 360, "revised": 40, "expired": 40, "matched_late": 60}
    return found


@pytest.fixture
def joins(brokers: str, prefix: str, tmp_path: Path, nursery: Nursery) -> Iterator[Joins]:
    """A history of which nothing has been told yet."""
    made = Joins(brokers, prefix, tmp_path, nursery)
    yield made
    made.close()


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A store of the test's own."""
    with running(tmp_path / "valkey") as made:
        yield made
