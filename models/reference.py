"""The reference: held-out rows that show what a model's usual events, scores and labels look like."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from models.contract import Contract
from models.feature import Element, Feature, Policy
from models.fitting.encode import UNSEEN, feature_column, label_column, time_column
from models.fitting.unpack import packed_columns

FEWEST_ROWS = 200


class ReferenceRefused(ValueError):
    """The reference rows cannot be used; the message says what was found, expected and to be done."""


@dataclass(frozen=True)
class Reference:
    """Rows that keep the contract, in time order.

    `matrix` (n, F) float32 holds the features as the events said them, `inputs` the same as the model takes
    them (imputed where a policy says so), `times` (n,) int64 µs UTC, `labels` (n,) float64 as `label_column`
    gives them, or None. `left_out` rows broke the contract in the ways `faults` counts (`code:feature`; a row
    may have several).
    """

    matrix: NDArray[np.float32]
    inputs: NDArray[np.float32]
    times: NDArray[np.int64]
    labels: NDArray[np.float64] | None
    left_out: int
    faults: Mapping[str, int]


def load_reference(path: Path, contract: Contract, *, labels: str | None = None) -> Reference:
    """Read a parquet file whose columns are the contract's fields, and the column `labels` if one is named.

    Raises ReferenceRefused.
    """
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise ReferenceRefused(f"{path}: found no parquet file ({error}), expected one; check the path") from error
    try:
        return reference_from(table, contract, labels=labels)
    except ReferenceRefused as error:
        raise ReferenceRefused(f"{path}: {error}") from error


def reference_from(table: pa.Table, contract: Contract, *, labels: str | None = None) -> Reference:
    """The reference rows of `table`, as `load_reference` reads them.

    Raises ReferenceRefused.
    """
    wanted = [contract.event.time, *contract.fields, *([labels] if labels else [])]
    if lacking := [name for name in wanted if name not in table.column_names]:
        raise ReferenceRefused(f"found no column {', '.join(lacking)}, expected one for each field; add them")
    name = contract.event.time
    try:
        times, timed = time_column(table.column(name))
        columns = []
        for name, feature in contract.fields.items():
            columns.append(_columns(table.column(name), feature))
        name = labels or ""
        truth = label_column(table.column(name), contract) if labels else None
    except (ValueError, pa.ArrowException) as error:
        raise ReferenceRefused(f"column {name}: {error}; convert the column") from error
    matrix = np.concatenate(columns, axis=1)
    return reference_of(contract, matrix=matrix, times=times, labels=truth, timed=timed)


def _columns(column: pa.ChunkedArray, feature: Feature) -> NDArray[np.float32]:
    """The features of one field, (n, size)."""
    return packed_columns(column, feature) if isinstance(feature, Element) else feature_column(column, feature)[:, None]


def reference_of(
    contract: Contract,
    *,
    matrix: NDArray[np.float32],
    times: NDArray[np.int64],
    labels: NDArray[np.float64] | None = None,
    timed: NDArray[np.bool_] | None = None,
) -> Reference:
    """The reference in numbers: rows that break the contract are left out, the others are put in time order.

    Raises ReferenceRefused when fewer than 200 rows remain.
    """
    inputs, keep, faults = _admitted(matrix, contract)
    if timed is not None and not timed.all():
        faults["no_time"] = int((~timed).sum())
        keep &= timed
    if keep.sum() < FEWEST_ROWS:
        seen = ", ".join(f"{fault} {rows}" for fault, rows in faults.items()) or "nothing left out"
        raise ReferenceRefused(
            f"found {int(keep.sum())} usable rows of {len(matrix)} ({seen}), "
            f"expected at least {FEWEST_ROWS}; bring more rows or correct the contract"
        )
    order = np.flatnonzero(keep)[np.argsort(times[keep], kind="stable")]
    truth = None if labels is None else labels[order]
    return Reference(matrix[order], inputs[order], times[order], truth, len(matrix) - len(order), faults)


def _admitted(
    matrix: NDArray[np.float32], contract: Contract
) -> tuple[NDArray[np.float32], NDArray[np.bool_], dict[str, int]]:
    """What the model takes, which rows it may take, and how many rows each fault left out."""
    inputs, keep, faults = matrix.copy(), np.ones(len(matrix), dtype=np.bool_), dict[str, int]()
    for place, feature in enumerate(contract.features):
        for code, policy, rows in _breaches(matrix[:, place], feature):
            if policy == "impute":
                inputs[rows, place] = feature.imputed_value()
            elif policy == "reject" and rows.any():
                faults[f"{code}:{feature.name}"] = int(rows.sum())
                keep &= ~rows
    return inputs, keep, faults


def _breaches(column: NDArray[np.float32], feature: Feature) -> list[tuple[str, Policy, NDArray[np.bool_]]]:
    """Which rows break the contract and how; null in a nullable feature never does, infinity always does."""
    found: list[tuple[str, Policy, NDArray[np.bool_]]] = [("not_finite", "reject", np.isinf(column))]
    if not feature.nullable:
        found.append(("missing", feature.policies.missing, np.isnan(column)))
    if feature.type == "category":
        found.append(("unseen", feature.policies.unseen, column == UNSEEN))
    if feature.range is not None:
        # In float32, as the column is: 0.1 must lie within [0, 0.1].
        lowest, highest = np.asarray(feature.range, dtype=np.float32)
        outside = np.isfinite(column) & ((column < lowest) | (column > highest))
        found.append(("out_of_range", feature.policies.out_of_range, outside))
    return found
