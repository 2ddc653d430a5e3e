"""A batch in part is a batch; what is written has as many of everything."""

from typing import Any

import numpy as np
import pytest

from stream.records import Batch, Writes


def test_some_records_of_a_batch_keep_all_that_is_theirs() -> None:
    """Every column follows, headers too, which are asked for by the new row."""
    batch = Batch(
        topics=["a", "b", "c"],
        partitions=np.array([0, 1, 2], np.int32),
        offsets=np.array([10, 11, 12], np.int64),
        timestamps=np.array([20, 21, 22], np.int64),
        keys=[b"k0", None, b"k2"],
        values=[b"0", b"1", None],
        headers=lambda row: [("row", b"%d" % row)],
    )
    some = batch.take(np.array([2, 0]))
    assert (some.topics, some.keys, some.values) == (["c", "a"], [b"k2", b"k0"], [None, b"0"])
    assert [some.partitions.tolist(), some.offsets.tolist(), some.timestamps.tolist()] == [[2, 0], [12, 10], [22, 20]]
    assert [some.headers(row) for row in range(len(some))] == [[("row", b"2")], [("row", b"0")]]


@pytest.mark.parametrize("short", ["values", "keys", "partitions", "headers"])
def test_a_column_that_is_too_short_is_an_error(short: str) -> None:
    """Else the records behind its end would be left out without a word."""
    columns: dict[str, list[Any]] = {"values": [b"", None], "keys": [b"", None], "partitions": [0, 1]}
    columns["headers"] = [None, None]
    assert len(Writes(topic="t", **columns).values) == 2
    with pytest.raises(ValueError, match="t: found columns of"):
        Writes(topic="t", **columns | {short: columns[short][:1]})
