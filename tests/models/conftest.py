"""A sound bundle for every test of the room."""

import shutil
from pathlib import Path

import pytest

from tests.models.bundles import make_bundle


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound bundle that no test touches."""
    path = tmp_path_factory.mktemp("bundles") / "tiny"
    make_bundle(path)
    return path


@pytest.fixture
def copied(sound: Path, tmp_path: Path) -> Path:
    """A copy of the sound bundle to be spoilt."""
    return Path(shutil.copytree(sound, tmp_path / "tiny"))
