"""The vendored flights: any span of days, read from the parquet file."""

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from load.flights.rules import EVENT_DELAY_MINUTES

DATA = Path(__file__).parent / "data" / "flights.parquet"
ID_TIME = "%Y-%m-%dT%H:%MZ"
EVENT_DELAY = dt.timedelta(minutes=EVENT_DELAY_MINUTES)


def read_flights(first: dt.date, last: dt.date, path: Path = DATA) -> pa.Table:
    """The flights scheduled on the New York days `first` to `last`, both included, in event-time order.

    The columns are those of `load.flights.vendor.SCHEMA`, with `event_id` (string) before them.
    """
    table = pq.read_table(path, filters=[("day", ">=", first), ("day", "<=", last)])
    return table.add_column(0, pa.field("event_id", pa.string(), nullable=False), event_ids(table))


def event_ids(table: pa.Table) -> pa.ChunkedArray:
    """The id of every flight: scheduled departure (UTC), carrier, number and origin; unique in the year."""
    scheduled = pc.strftime(pc.subtract(table["event_time"], pa.scalar(EVENT_DELAY)), format=ID_TIME)
    number = pc.cast(table["flight"], pa.string())
    return pc.binary_join_element_wise(scheduled, table["carrier"], number, table["origin"], "-")
