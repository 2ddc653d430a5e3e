"""What predictions and profiles carry besides their values, with the compiled kernels or without."""

from pathlib import Path

import numpy as np
import pytest

from kernels.compiled import compiled
from schemas.prediction_ids import prediction_id
from schemas.records import read_record
from services.scorer import wire
from stream.ledger import AT_LEAST_ONCE
from tests.services.scorer.world import World, event


@pytest.mark.parametrize("kernels", [compiled, None])
def test_each_prediction_s_header_is_its_own_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kernels: object
) -> None:
    """Of any partition and offset: what a consumer makes of the record itself."""
    monkeypatch.setattr(wire, "compiled", kernels)
    world = World(tmp_path, partitions=11, settings={"cloudevents": True})
    world.feed([event(number) for number in range(130)])
    world.run()
    entries = [entry for _, _, entry in world.seen(world.topics.predictions)]
    said = [prediction_id(read_record("prediction", entry.value)) for entry in entries]
    assert len(set(said)) == 130
    assert [dict(entry.headers)["ce_id"].decode() for entry in entries] == said


def test_an_account_says_that_it_may_be_written_again(tmp_path: Path) -> None:
    """Where events are answered at least once; of what is written as promised nothing is said."""
    for delivery, expected in (("exactly_once", None), ("at_least_once", [AT_LEAST_ONCE])):
        world = World(tmp_path / delivery, settings={"delivery": delivery})
        world.feed([event(0)])
        world.run()
        headers = [entry.headers for _, _, entry in world.seen(world.topics.profiles)]
        assert headers
        assert all(one == expected for one in headers)


def test_segments_are_told_apart_however_many_there_are() -> None:
    """As one number a row, though all their values together are more than a number holds."""
    sizes = [64] * 11
    codes = np.random.default_rng(1).integers(0, 64, (50, 11)).astype(np.int32)
    codes[1], codes[2] = codes[0], codes[0]
    codes[2, 0] ^= 16
    numbers = wire.numbered(codes, sizes)
    _, expected = np.unique(codes, axis=0, return_inverse=True)
    assert ((numbers[:, None] == numbers) == (expected.reshape(-1, 1) == expected.reshape(-1))).all()
