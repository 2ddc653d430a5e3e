"""The reader of batches of one of our own contracts: fast where we wrote them, row by row where a stranger did."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

import fastavro
import numpy as np
from numpy.typing import NDArray

from schemas.columns import fault
from schemas.contracts import versions
from schemas.decoding.moments import TICKS
from schemas.frames import MOST_ID_BYTES, REFUSED, Headers, Judged, Plans, fail, grouped, take_values
from schemas.lint import SchemaRefused, Type, read_schema
from schemas.records import RecordRefused, body_reader
from schemas.source import SchemaSource
from schemas.walk import BAD_VALUE, TRUNCATED, Bodies, Longs, Walk

NO_ID, TOO_LONG, TRAILING = fault("no_id"), fault("id_too_long"), fault("trailing_bytes")
LONGEST_NUMBER = 1 << 63


class Told(Judged, Protocol):
    """Columns that know their rows."""

    ids: list[bytes]


C = TypeVar("C", bound=Told)
Record = Mapping[str, Any]


class Form(Protocol[C]):
    """What is special to one contract: `times` are its fields that hold a moment."""

    contract: str
    times: tuple[str, ...]

    def blank(self, rows: int) -> C:
        """Rows of which nothing is known yet."""

    def place(self, out: C, found: C, rows: NDArray[np.int64]) -> None:
        """Put the rows of `found`, in their order, at `rows` of `out`."""

    def walk(self, walk: Walk) -> C:
        """Read bodies that a kept version of the contract wrote."""

    def collect(self, records: Sequence[Record]) -> C:
        """The same of decoded records."""


class ContractReader(Generic[C]):
    """Reads the records of one topic; how to read each schema is found out once and kept."""

    def __init__(self, form: Form[C], source: SchemaSource, most_bytes: int) -> None:
        self._form, self._most_bytes = form, most_bytes
        self._ours = [read_schema(schema) for schema in versions(form.contract)]
        self.plans: Plans[Callable[[Bodies, int], C]] = Plans(source, self._compile)

    def read(self, values: Sequence[bytes | None], headers: Headers = None) -> C:
        """Read `values`; every row that cannot be read carries its fault, and no row disturbs another.

        Rows whose schema cannot be asked for now are `waiting`, with the reason in `details`.
        """
        out = self._form.blank(len(values))
        bodies, groups = grouped(out, take_values(out, values, self._most_bytes), headers)
        for group in groups:
            plan = self.plans.plan(out, group)
            if plan is not None and group.rows is None:
                return plan(bodies, group.skip)
            if plan is not None and group.rows is not None:
                self._form.place(out, plan(bodies.take(group.rows), group.skip), group.rows)
        return out

    def _compile(self, schema: object) -> Callable[[Bodies, int], C]:
        """How to read bodies of a parsed schema. Raises SchemaRefused."""
        tree = read_schema(schema)
        if tree in self._ours:
            return lambda bodies, skip: self._form.walk(Walk(bodies, skip))
        ticks = {name: _ticks(name, node) for name, node in tree.fields if name in self._form.times}
        read = body_reader(self._form.contract, schema)
        return lambda bodies, skip: self._one_by_one(read, ticks, bodies, skip)

    def _one_by_one(
        self,
        read: Callable[[bytes], dict[str, Any]],
        ticks: Mapping[str, tuple[int, int]],
        bodies: Bodies,
        skip: int,
    ) -> C:
        out, records, rows = self._form.blank(len(bodies.ends)), [], []
        for row, (begin, end) in enumerate(zip(bodies.starts.tolist(), bodies.ends.tolist(), strict=True)):
            try:
                record = _in_micros(read(bodies.data[min(begin + skip, end) : end]), ticks)
            except RecordRefused as refused:
                fail(out, np.array([row]), _why(refused), str(refused))
                continue
            records.append(record)
            rows.append(row)
        self._form.place(out, self._form.collect(records), np.array(rows, dtype=np.int64))
        return out


def _ticks(name: str, node: Type) -> tuple[int, int]:
    """How a moment written as `node` becomes microseconds."""
    (logical, *others) = {one.logical for one in (node.branches or (node,)) if one.kind != "null"} or {""}
    if others or logical not in TICKS:
        raise SchemaRefused(f"{name} is {node.kind} {logical}".rstrip() + ", expected a long timestamp-micros")
    return TICKS[logical]


def _in_micros(record: dict[str, Any], ticks: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    for name, (factor, divisor) in ticks.items():
        record[name] = record[name] * factor // divisor
        if not -LONGEST_NUMBER <= record[name] < LONGEST_NUMBER:
            raise RecordRefused(f"{name} is farther away than microseconds can say") from OverflowError()
    return record


def _why(refused: RecordRefused) -> int:
    """The fault of a row that fastavro did not read."""
    cause = refused.__cause__
    if cause is None:
        return TRAILING
    if isinstance(cause, EOFError):
        return TRUNCATED
    mismatch = fastavro.read.SchemaResolutionError
    return REFUSED if isinstance(cause, mismatch) else BAD_VALUE


def cut_ids(walk: Walk, starts: Longs, sizes: Longs) -> list[bytes]:
    """The ids of all rows; one that is not UTF-8 is a bad value."""
    data = walk.data
    ids = [data[a:b] for a, b in zip(starts.tolist(), (starts + sizes).tolist(), strict=True)]
    if not b"".join(ids).isascii():
        walk.fail(np.array([not is_text(one) for one in ids], dtype=np.bool_), BAD_VALUE)
    return ids


def is_text(value: bytes) -> bool:
    """Whether `value` is UTF-8."""
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def judge_ids(out: Told) -> None:
    """Refuse rows without an id, or with one that is too long to be answered."""
    sizes = np.fromiter(map(len, out.ids), dtype=np.int64, count=len(out.ids))
    whole = out.faults == 0
    out.faults[whole & (sizes == 0)] = NO_ID
    long = np.flatnonzero(whole & (sizes > MOST_ID_BYTES))
    if len(long):
        fail(out, long, TOO_LONG, f"the id is longer than {MOST_ID_BYTES} bytes")
