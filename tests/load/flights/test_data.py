"""The vendored file says what the source is known to say."""

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from load.flights.table import DATA, read_flights
from models.contract import Contract
from models.reference import reference_from
from schemas.durations import micros

LATE_BY_MONTH = (0.227, 0.229, 0.228, 0.279, 0.220, 0.308, 0.315, 0.238, 0.132, 0.168, 0.174, 0.326)
MINUTE = 60_000_000


def micros_of(year: pa.Table, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Column `name` in µs, NaN where null."""
    return np.asarray(year[name].cast(pa.int64()).to_numpy(), dtype=np.float64)


def test_the_year_is_whole(year: pa.Table) -> None:
    """Rows, cancellations and diversions as published."""
    cancelled = pc.sum(year["cancelled"]).as_py()
    assert (year.num_rows, cancelled, year["late"].null_count - cancelled) == (336_776, 8_255, 1_175)
    assert year["late"].null_count / year.num_rows == pytest.approx(0.028, abs=5e-5)
    assert DATA.stat().st_size < 5_000_000


def test_ids_are_unique(year: pa.Table) -> None:
    """One id a flight, all year."""
    assert pc.count_distinct(year["event_id"]).as_py() == year.num_rows
    assert year["event_id"][0].as_py() == "2013-01-01T10:15Z-UA-1545-EWR"


@pytest.mark.parametrize(("month", "rate"), list(enumerate(LATE_BY_MONTH, start=1)))
def test_late_rates_are_the_known_ones(year: pa.Table, month: int, rate: float) -> None:
    """September is quiet, December is not."""
    late = year.filter(pc.equal(pc.month(year["day"]), month))["late"]
    assert pc.mean(late).as_py() == pytest.approx(rate, abs=0.00051)


def test_a_span_of_days_includes_both_ends() -> None:
    """January and February are the training span; the blizzard took more than half of the labels."""
    assert read_flights(date(2013, 1, 1), date(2013, 2, 28)).num_rows == 51_955
    blizzard = read_flights(date(2013, 2, 8), date(2013, 2, 9))
    assert (blizzard.num_rows, blizzard["late"].null_count) == (1_614, 868)


def test_events_stand_in_the_order_of_time(year: pa.Table) -> None:
    """A replay reads the file from its first row to its last."""
    assert (np.diff(micros_of(year, "event_time")) >= 0).all()


def test_every_label_comes_after_its_event_and_within_the_horizon(year: pa.Table, contract: Contract) -> None:
    """3 minutes to 33 hours: the horizon of 36 hours holds them all."""
    waited = micros_of(year, "labelled_at") - micros_of(year, "event_time")
    assert np.nanmin(waited) == 3 * MINUTE
    assert 32 * 60 * MINUTE < np.nanmax(waited) < 33 * 60 * MINUTE < micros(contract.label.horizon)
    assert (np.isnan(waited) == year["late"].is_null().to_numpy()).all()


def test_a_delay_so_far_is_never_more_than_fifteen_minutes(year: pa.Table) -> None:
    """Nothing that happened later is in a feature."""
    known, left = year["delay_so_far"].to_numpy(), year["departed"].to_numpy()
    assert known.max() == 15
    assert (known[~left] == 15).all()


def test_the_contract_refuses_no_real_flight(year: pa.Table, contract: Contract) -> None:
    """The ranges are wide enough for the whole year."""
    found = reference_from(year, contract, labels="late")
    assert (found.left_out, len(found.times)) == (0, 336_776)


def test_the_contract_lists_what_flew_in_the_training_span(contract: Contract) -> None:
    """Carriers and airports, most flights first, so that a place in the list means something to a tree."""
    flown = read_flights(date(2013, 1, 1), date(2013, 2, 28))
    for name in ("carrier", "origin", "dest"):
        counted = {row["values"]: row["counts"] for row in pc.value_counts(flown[name]).to_pylist()}
        order = sorted(counted) if name == "origin" else sorted(counted, key=lambda one: (-counted[one], one))
        (listed,) = (feature.categories for feature in contract.features if feature.name == name)
        assert list(listed) == order
