"""Stories that go wrong on purpose: one cause each, from one day on, the same rows whenever it is told."""

import datetime as dt
import zlib
from collections.abc import Callable, Mapping
from typing import Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Incident = Literal["quality", "data", "label", "concept"]
INCIDENTS: tuple[Incident, ...] = get_args(Incident)
SINCE = dt.date(2013, 3, 15)
"""The New York day on which it begins: the demo's replay starts two weeks before."""
WEATHER = ("temp", "wind_speed", "precip", "pressure", "visib")
AFTERNOON = 15 * 60
KEPT_ON_TIME = 0.15
FLIPPED = 0.35

MEANING: Mapping[Incident, str] = {
    "quality": "the weather feed dies: every weather field is empty",
    "data": f"only flights after {AFTERNOON // 60}:00 are asked for: other inputs, the same truth about each",
    "label": f"{1 - KEPT_ON_TIME:.0%} of the flights that are on time are no longer asked for: more are late",
    "concept": f"another airport office reports arrivals: {FLIPPED:.0%} of the labels say the opposite",
}


def afflicted(flights: pa.Table, incident: Incident | None, since: dt.date = SINCE) -> pa.Table:
    """The flights as the incident leaves them; those scheduled before `since` are as they were."""
    if incident is None:
        return flights
    is_later = pc.greater_equal(flights["day"], pa.scalar(since, flights["day"].type))
    before, after = flights.filter(pc.invert(is_later)), flights.filter(is_later)
    return pa.concat_tables([before, BREAKS[incident](after)])


def _weather_lost(flights: pa.Table) -> pa.Table:
    for name in WEATHER:
        place, field = flights.schema.get_field_index(name), flights.field(name)
        flights = flights.set_column(place, field, pa.nulls(flights.num_rows, field.type))
    return flights


def _afternoon(flights: pa.Table) -> pa.Table:
    return flights.filter(pc.greater_equal(flights["dep_minute"], AFTERNOON))


def _fewer_on_time(flights: pa.Table) -> pa.Table:
    """Of flights on time, and of those that never arrive, few; of late ones all: what a late flight is stays."""
    late = np.array(pc.fill_null(flights["late"], fill_value=False))
    return flights.filter(pa.array(late | (_chances(flights) < KEPT_ON_TIME)))


def _told_wrong(flights: pa.Table) -> pa.Table:
    late, place = flights["late"], flights.schema.get_field_index("late")
    told = pc.if_else(pa.array(_chances(flights) < FLIPPED), pc.invert(late), late)
    return flights.set_column(place, flights.field("late"), told)


def _chances(flights: pa.Table) -> NDArray[np.float64]:
    """A number in [0, 1) for each flight that its id alone decides, (n,)."""
    return np.array([zlib.crc32(one.encode()) / 2**32 for one in flights["event_id"].to_pylist()])


BREAKS: Mapping[Incident, Callable[[pa.Table], pa.Table]] = {
    "quality": _weather_lost,
    "data": _afternoon,
    "label": _fewer_on_time,
    "concept": _told_wrong,
}
