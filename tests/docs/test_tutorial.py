"""What the first page says that the demo prints is what the flights' own file gives, wherever it runs."""

import re
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from load.flights.bad import Bad
from load.flights.replay import LAST_DAY
from load.flights.story import Lines, events, labels, with_bad
from load.flights.table import read_flights
from stream.partitioner import partition_of
from tests.docs.pages import ROOT

SHOWN = (ROOT / "README.md").read_text(encoding="utf-8")
EVENTS, PARTITIONS, SEED, ANY_ID = 55_000, 12, 2013, 1


@pytest.fixture(scope="module")
def table() -> pa.Table:
    """The flights that the demo replays."""
    return read_flights(date(2013, 3, 1), LAST_DAY).slice(0, EVENTS)


@pytest.fixture(scope="module")
def said(table: pa.Table) -> Lines:
    """The demo's events, bad ones among them."""
    return with_bad(events(table, ANY_ID), table, ANY_ID, seed=SEED)


def rows() -> list[list[int]]:
    """The numbers of the scorer's ledger as they are shown, a row a partition."""
    block = SHOWN.split("ledger: balanced")[0]
    lines = re.findall(r"^    \d+ [\d, ]+$", block, flags=re.MULTILINE)
    return [[int(one.replace(",", "")) for one in line.split()] for line in lines]


def test_the_ledger_s_rows_are_those_of_the_flights(said: Lines) -> None:
    """In each partition so many events scored, refused and set aside, and a mark."""
    expected = np.zeros((PARTITIONS, 3), dtype=int)
    for key, fault in zip(said.keys, said.faults, strict=True):
        column = (2 if Bad(fault).unreadable else 1) if fault else 0
        expected[partition_of(key, PARTITIONS), column] += 1
    shown = np.array(rows())
    places, scored, refused, dead, marks = (shown[:, at] for at in (0, 5, 7, 8, 10))
    assert places.tolist() == list(range(PARTITIONS))
    assert np.stack([scored, refused, dead], axis=1).tolist() == expected.tolist()
    assert (marks == 1).all()
    assert (shown[:, 4] == scored + refused + dead + marks).all()


def test_what_was_joined_is_what_the_flights_say(table: pa.Table) -> None:
    """How many labels, how late, for which share of the flights; those that never arrived expire."""
    known = table.filter(table["late"].is_valid())
    joined = len(labels(table, ANY_ID))
    delays = pc.subtract(known["labelled_at"].cast(pa.int64()), known["event_time"].cast(pa.int64()))
    median, late = (micros / 3_600e6 for micros in pc.quantile(delays, q=[0.5, 0.99]).to_pylist())
    assert f"labels sent                      {joined:,}" in SHOWN
    assert f"predictions joined               {EVENTS:,}  expired {EVENTS - joined:,}, matched {joined:,}" in SHOWN
    assert f"coverage                         {joined / EVENTS:.2%} of them have a label" in SHOWN
    assert f"{median:.2f} h (median), {late:.2f} h (99th percentile) of event time" in SHOWN


def test_what_was_refused_and_set_aside_is_what_was_broken_on_purpose(said: Lines) -> None:
    """By reason, in the words of the demo's table."""
    counts = {one: said.faults.count(one) for one in Bad}
    for name, are_unreadable in (("rejected", False), ("dead letters", True)):
        told = {one.value: count for one, count in counts.items() if one.unreadable == are_unreadable}
        words = ", ".join(f"{reason} {count}" for reason, count in sorted(told.items()))
        assert re.search(rf"^    {name} +{sum(told.values())}  {words}$", SHOWN, flags=re.MULTILINE)
