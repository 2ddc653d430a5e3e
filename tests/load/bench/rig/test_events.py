"""The event of the benchmarks is plain Avro, byte for byte, and so is what the peers answer."""

import io

import fastavro
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from load.bench.rig.events import (
    FEATURES,
    SCHEMA,
    START,
    STEP,
    TIME_AT,
    event_id,
    events,
    label,
    longs,
    matrix,
    time_of,
    written,
)
from schemas.framing import frame
from schemas.records import read_record
from schemas.varints import write_long

GOLDEN_HEAD = "0000000001206576656e742d30303030303030303031"
"""Five bytes of frame, a length of 16, the id: what Tuned.java copies and every checker reads at the same place."""


def body(value: bytes) -> dict[str, object]:
    """The event as fastavro reads it."""
    read = fastavro.schemaless_reader(io.BytesIO(value[5:]), fastavro.parse_schema(SCHEMA), None)
    assert isinstance(read, dict)
    return read


def test_an_event_reads_as_it_was_meant() -> None:
    """Id, time and thirty doubles, none of which loses anything as a float32."""
    (_, (key, value)) = events(2, 1)
    found = body(value)
    assert key == event_id(1) == str(found["event_id"]).encode()
    assert [found[f"f{place}"] for place in range(FEATURES)] == matrix(0, 2)[1].astype(float).tolist()
    assert time_of(value) == START + STEP


def test_an_event_has_270_bytes_in_the_order_that_others_rely_on() -> None:
    """Golden: the head, and the tail of fixed width."""
    (_, (_, value)) = events(2, 1)
    assert len(value) == 5 + 17 + 8 + 8 * FEATURES == 270
    assert value.hex().startswith(GOLDEN_HEAD)
    assert value[-8 * FEATURES :] == matrix(0, 2)[1].astype("<f8").tobytes()


@given(st.integers(-(2**62), 2**62))
def test_a_time_comes_back(micros: int) -> None:
    """Whatever the time, as fastavro would write it."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, "long", micros)
    value = written(event_id(0), write_long(micros), bytes(8 * FEATURES), frame(1))
    assert value[TIME_AT : -8 * FEATURES] == out.getvalue()
    assert time_of(value) == micros


@given(st.lists(st.integers(2**48, 2**55 - 1), min_size=1))
def test_times_at_once_are_times_one_by_one(micros: list[int]) -> None:
    """From 1979 to 3111, whatever the order."""
    assert longs(np.array(micros)) == [write_long(one) for one in micros]


def test_equal_numbers_are_equal_rows() -> None:
    """Whoever checks draws the same rows again; no two blocks are alike."""
    assert np.array_equal(matrix(10_000, 5), matrix(10_000, 5))
    assert not np.array_equal(matrix(0, 5), matrix(10_000, 5))


def test_a_label_reads_as_the_contract_has_it() -> None:
    """Written by template, read by the labels' own schema."""
    for number, truth in ((3, True), (4, False)):
        found = read_record("label", label(number, write_long(START), frame(2)))
        expected = {"event_id": event_id(number).decode(), "label": truth, "labelled_at": START, "revision": 0}
        assert found == expected
