"""Reference rows become the very matrix a model takes, and rows that break the contract stay out."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.contract import Contract, read_contract
from models.reference import Reference, ReferenceRefused, load_reference, reference_from
from tests.models.bundles import contract_text

ROWS = 300
FEATURES: list[dict[str, Any]] = [
    {"name": "amount", "type": "float", "range": [0.0, 0.1]},
    {"name": "hour", "type": "int", "policies": {"missing": "pass"}},
    {"name": "weekend", "type": "bool", "nullable": True},
    {
        "name": "carrier",
        "type": "category",
        "categories": ["AA", "DL"],
        "impute": "DL",
        "policies": {"unseen": "impute"},
    },
]
CONTRACT = read_contract(contract_text(features=FEATURES))


def table(**changes: Any) -> pa.Table:
    """A table that keeps the contract, with `changes` to its columns."""
    columns: dict[str, Any] = {
        "event_time": np.arange(ROWS, dtype=np.int64),
        "amount": np.full(ROWS, 0.1),
        "hour": np.full(ROWS, 7),
        "weekend": np.ones(ROWS, dtype=np.bool_),
        "carrier": ["AA"] * ROWS,
        "late": [row % 2 == 0 for row in range(ROWS)],
    }
    return pa.table({**columns, **changes})


def first(values: list[Any], rest: Any) -> list[Any]:
    """`values`, then `rest` to the end."""
    return [*values, *[rest] * (ROWS - len(values))]


def reference(contract: Contract = CONTRACT, labels: str | None = None, **changes: Any) -> Reference:
    """The reference of the changed table."""
    return reference_from(table(**changes), contract, labels=labels)


def test_raw_values_become_numbers_in_the_contracts_order() -> None:
    """A number is itself, a bool 0 or 1, a category its place, null NaN."""
    found = reference(weekend=first([False, None], rest=True), carrier=first(["DL", "AA"], "DL"), hour=first([None], 9))
    assert found.matrix.dtype == np.float32
    assert found.matrix[0] == pytest.approx([0.1, np.nan, 0.0, 1.0], nan_ok=True)
    assert found.matrix[1] == pytest.approx([0.1, 9.0, np.nan, 0.0], nan_ok=True)
    assert found.left_out == 0


def test_a_bound_itself_is_within_the_range() -> None:
    """0.1 as float32 is more than 0.1 as float64, and still keeps [0, 0.1]."""
    assert reference().left_out == 0


def test_an_imputed_value_is_what_the_model_sees_and_unseen_is_what_is_counted() -> None:
    """The matrix keeps -1, the inputs hold the stand-in."""
    found = reference(carrier=first(["ZZ"], "AA"))
    assert found.matrix[0, 3] == -1.0
    assert found.inputs[0, 3] == 1.0
    assert found.left_out == 0


def test_rows_that_break_the_contract_are_left_out_and_counted() -> None:
    """By code and feature; a row with two faults is left out once."""
    found = reference(
        amount=first([0.2, None, float("inf")], 0.05),
        carrier=first(["AA", None], "AA"),
        event_time=pa.array(first([0, 1, 2, None], 5)),
    )
    assert found.left_out == 4
    assert found.faults == {
        "out_of_range:amount": 1,
        "missing:amount": 1,
        "not_finite:amount": 1,
        "missing:carrier": 1,
        "no_time": 1,
    }
    assert len(found.times) == len(found.matrix) == ROWS - 4


def test_rows_stand_in_time_order_with_their_labels() -> None:
    """Whatever the order in the file."""
    times = np.arange(ROWS, dtype=np.int64)[::-1]
    found = reference(labels="late", event_time=times, hour=np.arange(ROWS))
    assert found.times.tolist() == sorted(times.tolist())
    assert found.matrix[:, 1].tolist() == list(range(ROWS))[::-1]
    assert found.labels is not None
    assert found.labels.tolist() == [1.0 if row % 2 == 0 else 0.0 for row in reversed(range(ROWS))]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York"])
def test_timestamps_become_utc_micros(unit: str, zone: str | None) -> None:
    """Of any unit and zone; without a zone they are UTC."""
    moment = datetime(2013, 3, 1, 12, tzinfo=UTC)
    column = pa.array([moment] * ROWS, pa.timestamp(unit, tz="UTC")).cast(pa.timestamp(unit, tz=zone))
    assert reference(event_time=column).times[0] == int(moment.timestamp()) * 1_000_000


@pytest.mark.parametrize("values", [[1, 0, None], [True, False, None], ["true", "false", None], [1.0, 0.0, None]])
def test_binary_labels_come_in_many_forms(values: list[Any]) -> None:
    """Numbers, bools and words; null is a label that never came."""
    found = reference(labels="late", late=first(values, None)).labels
    assert found is not None
    assert found[:3] == pytest.approx([1.0, 0.0, np.nan], nan_ok=True)


def test_multiclass_labels_are_class_names() -> None:
    """Their place in the contract's order, dictionaries included."""
    many = read_contract(contract_text(task="multiclass", features=FEATURES))
    late = pa.array(first(["late", "early"], "on_time")).dictionary_encode()
    found = reference(many, labels="late", late=late).labels
    assert found is not None
    assert found[:3].tolist() == [2.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"hour": np.full(ROWS, 7.5)}, "column hour: found 7.5, expected whole numbers"),
        ({"amount": ["1"] * ROWS}, "column amount: found string, expected numbers"),
        ({"weekend": [1] * ROWS}, "column weekend: found int64, expected bool"),
        ({"carrier": [1] * ROWS}, "column carrier: found int64, expected strings"),
        ({"event_time": ["today"] * ROWS}, "column event_time: found string, expected a timestamp"),
        ({"late": [2] * ROWS}, "column late: found numbers other than 0 and 1"),
        ({"late": ["maybe"] * ROWS}, "column late: found label 'maybe', expected one of false, true"),
        ({"amount": np.full(ROWS, 9.0)}, r"found 0 usable rows of 300 \(out_of_range:amount 300\)"),
    ],
)
def test_columns_that_cannot_be_are_refused_by_name(changes: dict[str, Any], said: str) -> None:
    """Found and expected are in the message."""
    with pytest.raises(ReferenceRefused, match=said):
        reference(labels="late", **changes)


def test_every_missing_column_is_named(tmp_path: Path) -> None:
    """All at once, with the file."""
    pq.write_table(table().drop_columns(["hour", "carrier"]), tmp_path / "ref.parquet")
    with pytest.raises(ReferenceRefused, match=r"ref\.parquet: found no column hour, carrier, truth"):
        load_reference(tmp_path / "ref.parquet", CONTRACT, labels="truth")


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    """As is one that is not there."""
    (tmp_path / "ref.parquet").write_bytes(b"a,b\n1,2\n")
    for name in ("ref.parquet", "none.parquet"):
        with pytest.raises(ReferenceRefused, match=f"{name}: found no parquet file"):
            load_reference(tmp_path / name, CONTRACT)
