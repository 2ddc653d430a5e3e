"""Raw columns of a parquet file as the numbers a model or a calibrator works with."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.contract import Contract
from models.decide import classes
from models.feature import Feature

UNSEEN = -1.0


def feature_column(column: pa.ChunkedArray, feature: Feature) -> NDArray[np.float32]:
    """One feature as the model takes it, (n,): NaN where null, -1 for a category not in the contract.

    Raises ValueError where the column's type does not fit the feature's.
    """
    if feature.type == "category":
        return _codes(column, feature.categories).astype(np.float32)
    if feature.type == "bool":
        if not pa.types.is_boolean(column.type):
            raise ValueError(f"found {column.type}, expected bool")
        return numbers_of(pc.cast(column, pa.uint8())).astype(np.float32)
    found = numbers_of(column)
    if feature.type == "int" and (broken := found[np.isfinite(found) & (found != np.rint(found))]).size:
        raise ValueError(f"found {broken[0]}, expected whole numbers for a feature of type int")
    with np.errstate(over="ignore"):  # too large for float32 becomes infinity, which the contract check leaves out
        return found.astype(np.float32)


def time_column(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Event times in µs UTC, and which rows have one; integers are µs, a timestamp without zone is UTC.

    Raises ValueError for any other type.
    """
    if pa.types.is_timestamp(column.type):
        column = pc.cast(pc.cast(column, pa.timestamp("us", tz=column.type.tz), safe=False), pa.int64())
    if not pa.types.is_integer(column.type):
        raise ValueError(f"found {column.type}, expected a timestamp or whole µs since 1970 UTC")
    present = np.asarray(pc.is_valid(column).to_numpy())
    return np.asarray(pc.cast(pc.fill_null(column, 0), pa.int64()).to_numpy()), present


def label_column(column: pa.ChunkedArray, contract: Contract) -> NDArray[np.float64]:
    """Labels as numbers, (n,): the class's place (binary: 1 is positive) or the value; NaN without label.

    Raises ValueError where a label is none of the contract's classes.
    """
    if contract.task == "regression":
        return numbers_of(column)
    if contract.task == "binary" and pa.types.is_boolean(column.type):
        return numbers_of(pc.cast(column, pa.uint8()))
    if contract.task == "binary" and (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        found = numbers_of(column)
        if not np.isin(found[~np.isnan(found)], (0.0, 1.0)).all():
            raise ValueError("found numbers other than 0 and 1, expected 0 or 1, bools, or 'false' and 'true'")
        return found
    names = classes(contract)
    if not _is_text(column.type):
        column = pc.cast(column, pa.string())
    found = _codes(column, names)
    if (found == UNSEEN).any():
        odd = column[int(np.argmax(found == UNSEEN))].as_py()
        raise ValueError(f"found label {odd!r}, expected one of {', '.join(names)}")
    return found


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _codes(column: pa.ChunkedArray, names: tuple[str, ...]) -> NDArray[np.float64]:
    """Each text's place in `names`, UNSEEN where it has none, NaN where null."""
    if not _is_text(column.type):
        raise ValueError(f"found {column.type}, expected strings")
    text = pc.cast(column, pa.string())
    places = pc.fill_null(pc.index_in(text, value_set=pa.array(names, pa.string())), int(UNSEEN))
    found = np.asarray(places.to_numpy(), dtype=np.float64)
    found[~np.asarray(pc.is_valid(text).to_numpy())] = np.nan
    return found


def numbers_of(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """A numeric column as float64, NaN where null."""
    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        raise ValueError(f"found {kind}, expected numbers")
    values = pc.fill_null(pc.cast(column, pa.float64(), safe=False), float("nan"))
    return np.array(values.to_numpy(), dtype=np.float64)
