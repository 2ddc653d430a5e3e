"""A contract may say that many features come in one field, and a bundle is built from lists or bytes of them."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from models.bundle import load_bundle
from models.contract import Contract, ContractRefused, read_contract
from models.reference import ReferenceRefused, reference_from
from tests.models.bundles import contract_text, make_bundle

COUNT, ROWS = 8, 300
PIXELS: dict[str, Any] = {"name": "pixels", "type": "float", "count": COUNT, "range": [-9.0, 9.0]}
HOUR: dict[str, Any] = {"name": "hour", "type": "int", "range": [0, 23]}


def contract(*features: dict[str, Any]) -> Contract:
    """A contract of these features."""
    return read_contract(contract_text(features=features))


def numbers() -> NDArray[np.float64]:
    """So many rows of the packed field."""
    return np.random.default_rng(3).normal(size=(ROWS, COUNT)).clip(-9, 9)


def matrix(pixels: pa.Array | pa.ChunkedArray, **more: Any) -> NDArray[np.float32]:
    """The reference's matrix of a table with that column."""
    table = pa.table({"event_time": np.arange(ROWS), "hour": np.full(ROWS, 7), "pixels": pixels})
    return reference_from(table, contract(HOUR, {**PIXELS, **more})).matrix


def test_a_packed_field_is_written_out_in_the_model_s_order() -> None:
    """Named by the field and the place in it; they share its terms."""
    found = contract(HOUR, PIXELS, {"name": "wind", "type": "float"})
    assert found.feature_names == ("hour", *(f"pixels_{place}" for place in range(COUNT)), "wind")
    assert {one.range for one in found.features[1:-1]} == {(-9.0, 9.0)}
    assert list(found.fields) == ["hour", "pixels", "wind"]
    assert [(at, one.field, one.size, one.width) for at, one in found.packed.items()] == [(1, "pixels", COUNT, 4)]


@pytest.mark.parametrize(
    ("features", "said"),
    [
        ([{**PIXELS, "type": "int"}], "count packs numbers: it belongs to a feature of type float"),
        ([{**PIXELS, "count": 0}], "features.0.count"),
        ([{**PIXELS, "count": 2001}], "features.0.count"),
        ([{**PIXELS, "dtype": "float16"}], "features.0.dtype: Input should be 'float32' or 'float64'"),
        ([{"name": "x", "type": "float", "dtype": "float32"}], "dtype belongs to a feature with a count"),
        ([{**PIXELS, "count": 2000}, HOUR], "found 2001 written out, expected at most 2000"),
        ([PIXELS, PIXELS], "pixels_0, pixels_1, .* listed twice"),
        ([PIXELS, {"name": "pixels_3", "type": "float"}], "pixels_3 listed twice"),
        ([PIXELS, {"name": "pixels", "type": "float"}], "pixels has a count, and is the id, the time or a feature"),
        ([{**PIXELS, "name": "event_id"}], "event_id has a count, and is the id"),
        ([{**PIXELS, "policies": {"unseen": "impute"}}], "needs a value"),
    ],
)
def test_terms_that_make_no_sense_are_refused(features: list[dict[str, Any]], said: str) -> None:
    """By the place, with what was found and expected."""
    with pytest.raises(ContractRefused, match=said):
        contract(*features)


def test_every_way_to_keep_numbers_in_a_column_gives_the_same_matrix() -> None:
    """Lists, large ones, lists of one size, bytes of float32, bytes of float64; in chunks."""
    rows = numbers()
    singles = [row.tobytes() for row in rows.astype("<f4")]
    expected = np.concatenate([np.full((ROWS, 1), 7.0), rows], axis=1).astype(np.float32)
    lists = pa.array(rows.tolist())
    flat = pa.FixedSizeListArray.from_arrays(pa.array(rows.reshape(-1)), COUNT)
    for column in (lists, lists.cast(pa.large_list(pa.float64())), flat, pa.array(singles)):
        np.testing.assert_array_equal(matrix(column), expected)
    np.testing.assert_array_equal(matrix(pa.array(singles, pa.binary(4 * COUNT))), expected)
    np.testing.assert_array_equal(matrix(pa.chunked_array([lists[:9], lists[9:]])), expected)
    np.testing.assert_array_equal(matrix(pa.array([row.tobytes() for row in rows]), dtype="float64"), expected)


def test_a_missing_field_or_number_is_missing() -> None:
    """A null row is all missing, a null in a list is one."""
    rows: list[Any] = numbers().tolist()
    rows[0], rows[1][2] = None, None
    found = matrix(pa.array(rows), nullable=True)
    assert np.isnan(found[0, 1:]).all()
    assert np.isnan(found[1]).tolist() == [False, False, False, True, *[False] * (COUNT - 3)]
    assert np.isnan(found[2:]).sum() == 0


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (pa.array([[0.5] * COUNT] * (ROWS - 1) + [[0.5]]), "column pixels: found 1 numbers in a row, expected 8"),
        (pa.array([b"12"] * ROWS), "column pixels: found 2 bytes in a row, expected 32"),
        (pa.array([0.5] * ROWS), "column pixels: found double, expected lists of numbers or bytes"),
        (pa.array([["a"] * COUNT] * ROWS), "column pixels: found string, expected numbers"),
    ],
)
def test_a_column_that_holds_something_else_is_refused(column: pa.Array, said: str) -> None:
    """By the name of the field."""
    with pytest.raises(ReferenceRefused, match=said):
        matrix(column)


def test_a_reference_without_the_field_is_refused() -> None:
    """By its name, not by those of what is packed in it."""
    table = pa.table({"event_time": np.arange(ROWS), "hour": np.full(ROWS, 7)})
    with pytest.raises(ReferenceRefused, match="found no column pixels, expected"):
        reference_from(table, contract(HOUR, PIXELS))


def test_a_bundle_of_packed_features_proves_itself(tmp_path: Path) -> None:
    """Baseline, golden rows and the judgement of strange rows have each of them."""
    make_bundle(tmp_path / "packed", features=[PIXELS, HOUR])
    bundle = load_bundle(tmp_path / "packed")
    names = [f"pixels_{place}" for place in range(COUNT)]
    assert [one.name for one in bundle.baseline.features] == [*names, "hour"]
    assert bundle.ood is not None
    assert bundle.ood.places == list(range(COUNT + 1))


def test_a_parquet_file_holds_them_too(tmp_path: Path) -> None:
    """What Arrow writes, it reads back as the same lists."""
    pq.write_table(pa.table({"pixels": pa.array(numbers().tolist())}), tmp_path / "rows.parquet")
    column = pq.read_table(tmp_path / "rows.parquet").column("pixels")
    np.testing.assert_array_equal(matrix(column)[:, 1:], numbers().astype(np.float32))
