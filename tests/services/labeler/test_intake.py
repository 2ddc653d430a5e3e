"""What is taken of a batch stands a pair together, though Kafka mixes them."""

from pathlib import Path

import numpy as np
import pytest

from schemas.records import write_record
from services.labeler.intake import Intake
from services.labeler.words import Words
from stream.clocks import MARK_HEADER
from stream.partitioner import partition_of
from stream.records import Batch, no_headers
from tests.services.labeler.records import prediction
from tests.services.labeler.world import START, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two partitions."""
    return World(tmp_path, partitions=2)


def mixed(world: World) -> Batch:
    """A prediction, a label of each of eight events, then a mark that says next to nothing."""
    ids = [b"e%d" % n for n in range(8)]
    label = {"label": True, "labelled_at": START, "revision": 0}
    said = [("prediction", prediction(one.decode(), START)) for one in ids]
    said += [("label", {"event_id": one.decode(), **label}) for one in ids]
    values = [write_record(name, record, world.frames[name]) for name, record in said]
    names = {"prediction": world.topics.predictions, "label": world.topics.labels}
    return Batch(
        topics=[*(names[name] for name, _ in said), world.topics.labels],
        partitions=np.array([*(partition_of(one, 2) for one in ids * 2), 0], np.int32),
        offsets=np.arange(17),
        timestamps=np.zeros(17, np.int64),
        keys=[*ids, *ids, b"k"],
        values=[*values, None],
        headers=lambda row: [(MARK_HEADER, b"%d" % START)] if values[row:] == [] else None,
    )


def test_rows_of_a_pair_stand_together_in_their_order(world: World) -> None:
    """Each with its own id, key and place in the batch."""
    batch, intake = mixed(world), Intake(world.kit, Words(lambda _name: None))
    read = intake.read(batch, world.kit.latest())
    labels, rows = intake.labels(read, np.zeros(17, np.int64))
    predictions = intake.predictions(read, np.zeros(17, np.int64))
    order = sorted(range(8), key=lambda row: int(batch.partitions[row]))
    assert 0 < batch.partitions[:8].sum() < 8
    assert read.marks.tolist() == [False] * 16 + [True]
    assert (rows - 8).tolist() == predictions.offsets.tolist() == order
    assert labels.ids == labels.keys == predictions.ids == predictions.keys == [b"e%d" % row for row in order]
    assert labels.partitions.tolist() == predictions.partitions.tolist() == batch.partitions[order].tolist()


def test_a_batch_without_headers_is_read_alike(world: World) -> None:
    """But for its mark, which is none without one."""
    batch, intake = mixed(world), Intake(world.kit, Words(lambda _name: None))
    bare = Batch(**{**vars(batch), "headers": no_headers})
    read, without = (intake.read(one, world.kit.latest()) for one in (batch, bare))
    assert read.faults.tolist()[:16] == without.faults.tolist()[:16] == [0] * 16
    assert not without.marks.any()
    assert without.faults[16] != 0
