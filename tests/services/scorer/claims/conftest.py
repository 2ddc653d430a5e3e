"""The Valkey that the tests of this folder share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from driftline.local.valkey import Valkey
from tests.valkeys import running


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """One that nobody harms."""
    with running(tmp_path_factory.mktemp("valkey")) as valkey:
        yield valkey


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Valkey]:
    """One to be harmed."""
    with running(tmp_path) as valkey:
        yield valkey
