"""Every incident breaks one thing, from its day on, and leaves everything else as it was."""

import datetime as dt

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from load.flights.incidents import INCIDENTS, SINCE, WEATHER, Incident, afflicted
from load.flights.table import read_flights

FLIGHTS = read_flights(dt.date(2013, 3, 10), dt.date(2013, 3, 20))


def later(table: pa.Table) -> pa.Table:
    """What was scheduled once it had begun."""
    return table.filter(pc.greater_equal(table["day"], pa.scalar(SINCE)))


def share(table: pa.Table) -> float:
    """Late flights among those that arrived."""
    return float(pc.mean(table["late"].cast(pa.float64())).as_py())


@pytest.mark.parametrize("incident", INCIDENTS)
def test_before_its_day_nothing_is_touched(incident: Incident) -> None:
    """And what follows is told the same way twice, in the order of time, with the same columns."""
    found = afflicted(FLIGHTS, incident)
    days = found["day"]
    assert found.filter(pc.less(days, pa.scalar(SINCE))) == FLIGHTS.filter(pc.less(FLIGHTS["day"], pa.scalar(SINCE)))
    assert found == afflicted(FLIGHTS, incident) != FLIGHTS
    assert found.schema == FLIGHTS.schema
    times = found["event_time"].cast(pa.int64()).to_numpy()
    assert (times[1:] >= times[:-1]).all()


def test_no_incident_is_the_flights_as_they_were() -> None:
    """The same table."""
    assert afflicted(FLIGHTS, None) == FLIGHTS


def test_each_breaks_what_it_says() -> None:
    """Weather without values; other inputs; a higher share of the same late flights; labels against the truth."""
    whole = later(FLIGHTS)
    lost = later(afflicted(FLIGHTS, "quality"))
    assert all(lost[name].null_count == whole.num_rows for name in WEATHER)
    assert lost.drop_columns(list(WEATHER)) == whole.drop_columns(list(WEATHER))
    moved = later(afflicted(FLIGHTS, "data"))
    assert pc.min(moved["dep_minute"]).as_py() >= 15 * 60
    assert 0 < moved.num_rows < whole.num_rows / 2
    fewer = later(afflicted(FLIGHTS, "label"))
    assert fewer.filter(fewer["late"]) == whole.filter(whole["late"])
    assert share(fewer) > 1.5 * share(whole)
    told = later(afflicted(FLIGHTS, "concept"))
    is_other = pc.not_equal(told["late"], whole["late"])
    assert pc.mean(is_other.cast(pa.float64())).as_py() == pytest.approx(0.35, abs=0.02)
    assert told.drop_columns("late") == whole.drop_columns("late")
