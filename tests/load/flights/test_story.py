"""The story: what the events and labels say, in which order, and what is wrong with the bad ones."""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from load.flights.bad import Bad
from load.flights.replay import Replay, story
from load.flights.story import Lines, events, in_time_order, labels, with_bad
from load.flights.table import read_flights
from models.contract import Contract
from models.reference import reference_from
from schemas.columns import FAULTS, Columns
from schemas.reader import Reader
from schemas.records import read_record
from schemas.source import DirectorySource
from services.scorer.core import check, compile_rules
from services.scorer.kit import wanted_of

NOW = 1_800_000_000_000_000


@pytest.fixture(scope="session")
def march() -> pa.Table:
    """The flights of the first three days of March."""
    return read_flights(date(2013, 3, 1), date(2013, 3, 3))


def told(directory: Path, limit: int | None = None) -> tuple[Lines, Lines, DirectorySource]:
    """Events with bad ones among them, labels, and the schemas they were written with."""
    asked = Replay(brokers="", schemas=directory, first=date(2013, 3, 1), last=date(2013, 3, 3), bad=True, limit=limit)
    said, truth = story(asked)
    return said, truth, DirectorySource(directory)


def decoded(lines: Lines, source: DirectorySource, contract: Contract) -> Columns:
    """The events as the scorer reads them."""
    return Reader(wanted_of(contract), source).read(lines.values)


def test_the_scorer_reads_the_very_numbers_the_model_was_trained_on(
    march: pa.Table, contract: Contract, tmp_path: Path
) -> None:
    """The way through Avro and the way through parquet give one matrix."""
    said, _, source = told(tmp_path)
    good = np.array([not fault for fault in said.faults])
    found = decoded(said, source, contract)
    expected = reference_from(march, contract)
    assert (found.faults[good] == 0).all()
    np.testing.assert_array_equal(found.matrix[good], expected.matrix)
    np.testing.assert_array_equal(found.times[good], expected.times)
    assert [name for name, fault in zip(said.keys, said.faults, strict=True) if not fault] == [
        name.encode() for name in march["event_id"].to_pylist()
    ]


def test_every_good_event_passes_the_contract_and_no_bad_one_does(contract: Contract, tmp_path: Path) -> None:
    """Each bad record is named by the scorer exactly as the replay counts it."""
    said, _, source = told(tmp_path)
    columns = decoded(said, source, contract)
    verdicts = check(columns, compile_rules(contract), now_micros=NOW)
    for row, fault in enumerate(said.faults):
        reasons = verdicts.reason_sets[verdicts.reasons[row]]
        if not fault:
            assert columns.faults[row] == 0, said.keys[row]
            assert not verdicts.rejected[row], reasons
        elif Bad(fault).unreadable:
            assert FAULTS[columns.faults[row]] == fault
        else:
            assert columns.faults[row] == 0
            assert verdicts.rejected[row]
            assert fault in {reason.partition(":")[0] for reason in reasons}


def test_bad_records_take_turns_and_stand_among_the_good(tmp_path: Path) -> None:
    """One of each at the least, under ids and keys of their own, and the same again with the same seed."""
    said, _, _ = told(tmp_path, limit=500)
    again, _, _ = told(tmp_path, limit=500)
    bad = [row for row, fault in enumerate(said.faults) if fault]
    assert [said.faults[row] for row in bad] == list(Bad)
    assert [said.keys[row] for row in bad] == [f"bad-{number:06d}".encode() for number in range(1, 12)]
    assert len(said) == 500 + len(Bad)
    assert (np.diff(said.times) >= 0).all()
    assert list(again.values) == list(said.values)


def test_one_event_in_a_thousand_is_bad(march: pa.Table) -> None:
    """Long replays have more of them, in equal shares."""
    many = pa.concat_tables([march] * 8)
    good = events(many, 1)
    said = with_bad(good, many, 1, seed=7)
    assert len(said) - len(good) == len(good) // 1000
    assert len(good) // 1000 > len(Bad)


def test_a_label_is_told_at_its_arrival_under_the_key_of_its_event(march: pa.Table) -> None:
    """Equal key bytes put both into one partition, and the record says the same as the file."""
    truth = labels(march, 9)
    rows = {row["event_id"]: row for row in march.to_pylist()}
    assert (np.diff(truth.times) >= 0).all()
    assert len(truth) == march.num_rows - march["late"].null_count
    for key, value in zip(truth.keys, truth.values, strict=True):
        said = read_record("label", value)
        row = rows[key.decode()]
        assert (said["event_id"], said["label"], said["revision"]) == (key.decode(), row["late"], 0)
        assert said["labelled_at"] == int(row["labelled_at"].timestamp()) * 1_000_000


def test_no_label_is_told_before_its_event(march: pa.Table) -> None:
    """Both are merged by time, each in its own order."""
    said, truth = events(march, 1), labels(march, 2)
    seen, told_events, told_labels = set(), 0, 0
    before = 0
    for is_label, place in in_time_order(said, truth):
        if is_label:
            assert truth.keys[place] in seen
            assert (place, truth.times[place] >= before) == (told_labels, True)
            told_labels, before = told_labels + 1, truth.times[place]
        else:
            seen.add(said.keys[place])
            assert (place, said.times[place] >= before) == (told_events, True)
            told_events, before = told_events + 1, said.times[place]
    assert (told_events, told_labels) == (len(said), len(truth))
