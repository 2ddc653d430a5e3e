"""A packed field's column of a parquet file as the columns a model works with."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.feature import Element
from models.fitting.encode import numbers_of


def packed_columns(column: pa.ChunkedArray, first: Element) -> NDArray[np.float32]:
    """The features of the field whose `first` is given, (n, size): NaN where one, or the whole field, is null.

    `column` holds lists of numbers, or bytes of as many float32 or float64 as the contract says, little end first.
    Raises ValueError for other types, and where a row holds more or fewer.
    """
    kind = column.type
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    if not is_list and not _is_bytes(kind):
        raise ValueError(f"found {kind}, expected lists of numbers or bytes for a packed field")
    there = np.asarray(pc.is_valid(column).to_numpy())
    found = np.full((len(there), first.size), np.nan, np.float32)
    with np.errstate(over="ignore"):  # too large for float32 becomes infinity, which the contract check leaves out
        found[there] = _lists(column, first) if is_list else _bytes(column, first)
    return found


def _lists(column: pa.ChunkedArray, first: Element) -> NDArray[np.float64]:
    lengths = pc.list_value_length(column).drop_null()
    _check(lengths, first.size, "numbers")
    return numbers_of(pc.list_flatten(column)).reshape(-1, first.size)


def _bytes(column: pa.ChunkedArray, first: Element) -> NDArray[np.floating]:
    _check(pc.binary_length(column).drop_null(), first.size * first.width, "bytes")
    whole = b"".join(one for one in column.to_pylist() if one is not None)
    return np.frombuffer(whole, f"<f{first.width}").reshape(-1, first.size)


def _check(lengths: pa.ChunkedArray, expected: int, what: str) -> None:
    odd = lengths.filter(pc.not_equal(lengths, expected))
    if len(odd):
        raise ValueError(f"found {odd[0].as_py()} {what} in a row, expected {expected} in each")


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))
