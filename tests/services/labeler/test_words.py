"""Short names for what predictions share: given, told to the waiting room, asked of it again."""

import numpy as np
import pytest

from driftline.local.ports import free_port
from services.labeler.room.memory import MemoryRoom
from services.labeler.room.redis_room import RedisRoom
from services.labeler.room.room import Change, State
from services.labeler.words import Words
from stream.faults import Abort
from stream.redis import Address, Store

SAID = [("v1", "d1", "champion"), (("carrier", "é"),), ()]


def test_what_was_named_is_known_to_whoever_comes_later() -> None:
    """Once it was written with the transaction; the same words have the same name anywhere."""
    room = MemoryRoom()
    words = Words(room.word)
    names = words.names(SAID, np.array([2, 0, 1, 0]))
    room.claim(0, 1)
    room.write({0: Change(State(1, 0, 0, 0, b""), words=words.used())})
    later = Words(room.word)
    assert [later.said(name) for name in names.tolist()] == [SAID[at] for at in (2, 0, 1, 0)]
    assert later.names(SAID, np.array([0])).tolist() == [names[1]]


def test_a_name_that_nobody_knows_ends_the_transaction() -> None:
    """Nothing is published under wrong words."""
    with pytest.raises(Abort, match="00000007"):
        Words(MemoryRoom().word).said(7)


def test_a_store_that_does_not_answer_ends_the_transaction_not_the_process() -> None:
    """It is asked again in the next one."""
    room = RedisRoom(Store(Address(host="127.0.0.1", port=free_port())), tag="shop")
    with pytest.raises(Abort, match="Redis at"):
        Words(room.word).said(7)
