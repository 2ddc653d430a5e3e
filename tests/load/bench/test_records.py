"""Flights as a benchmark's events are the flights of the demo; each row is told beside the doubles of its model."""

import io

import fastavro

from load.bench.players.flights import FIRST, LAST, flights
from load.bench.records import table
from load.bench.rig.drains import Drain
from load.bench.rig.events import event_id
from load.flights.story import FLIGHT_SCHEMA, feature_rows
from load.flights.table import read_flights


def test_a_flight_differs_by_its_id_alone() -> None:
    """Strings and nulls are those of the story; the id is one that is counted."""
    found = list(flights(3, 1))
    expected = feature_rows(read_flights(FIRST, LAST).slice(0, 3))
    for number, ((key, value), row) in enumerate(zip(found, expected, strict=True)):
        said = fastavro.schemaless_reader(
            io.BytesIO(value[5:]), fastavro.parse_schema({**FLIGHT_SCHEMA}), None, return_record_name=False
        )
        assert isinstance(said, dict)
        assert said.pop("event_id").encode() == key == event_id(number)
        assert {name: said[name] for name in ("carrier", "dest", "temp", "pressure")} == {
            name: row[name] for name in ("carrier", "dest", "temp", "pressure")
        }


def test_a_record_is_compared_with_doubles_under_the_same_model() -> None:
    """Half as fast is 0.50, twice the processor 2.00; the doubles are 1.00."""
    fast, slow = Drain(1_000, 1.0, 0.5, 5.0, 1.0, 5.0, 1), Drain(1_000, 2.0, 1.0, 10.0, 1.0, 10.0, 1)
    shown = table({"30 doubles, mlp": [fast], "flights, mlp": [slow]})
    assert [row[-2:] for row in shown.rows] == [("1.00", "1.00"), ("0.50", "2.00")]
