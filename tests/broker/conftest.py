"""What the tests on the broker share: a Valkey a file."""

from collections.abc import Iterator

import pytest

from driftline.local.valkey import Valkey
from tests.valkeys import running


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """One for the file."""
    with running(tmp_path_factory.mktemp("valkey")) as made:
        yield made
