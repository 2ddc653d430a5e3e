"""The memory twin of the waiting room keeps its promises."""

import pytest

from services.labeler.room.memory import MemoryRoom
from tests.services.labeler.room.suite import RoomSuite


@pytest.fixture
def room() -> MemoryRoom:
    """An empty one."""
    return MemoryRoom()


class TestMemoryRoom(RoomSuite):
    """The suite on the twin."""
