"""The reader: a batch of Kafka values, whatever schemas wrote them, as columns in the batch's order."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from schemas.columns import Columns, Wanted, blank, fault
from schemas.framing import GUID_BYTES, MAGIC, PREFIX_BYTES, framed_id, guid_of, guid_text, header_reference
from schemas.json_rows import read_json
from schemas.lint import SchemaRefused
from schemas.plan import Plan, compile_plan
from schemas.source import SchemaSource
from schemas.walk import Bodies, join_bodies

EMPTY, SHORT, BAD_MAGIC = fault("empty"), fault("frame_too_short"), fault("bad_magic")
UNKNOWN, REFUSED, BAD_VALUE = fault("unknown_schema"), fault("schema_refused"), fault("bad_value")
TOO_LONG = fault("id_too_long")
MOST_PLANS = 1000
MOST_ID_BYTES = 1024

Reference = int | bytes
"""What names a schema: its id, or its 16-byte GUID."""
Headers = Callable[[int], Sequence[tuple[str, bytes | None]] | None] | None
"""Row -> its headers; None when no record of the batch has any."""


class Reader:
    """Reads the events of one topic; plans are compiled once per schema and kept.

    A plan or a refusal is kept for good; a schema that the source does not know is asked for again each time.
    """

    def __init__(self, wanted: Wanted, source: SchemaSource, *, json: bool = False) -> None:
        self.wanted, self.source, self.json = wanted, source, json
        self.plans: dict[Reference, Plan | SchemaRefused] = {}

    def read(self, values: Sequence[bytes | None], headers: Headers = None) -> Columns:
        """Read `values`; every row that cannot be read carries its fault, and no row disturbs another.

        Raises SourceUnavailable when a schema cannot be asked for.
        """
        whole = [value or b"" for value in values]
        out = blank(len(whole), len(self.wanted.features))
        bodies = join_bodies(whole)
        sizes = bodies.ends - bodies.starts
        out.faults[sizes == 0] = EMPTY
        if self.json:
            rows = np.flatnonzero(sizes)
            out.place(read_json([whole[row] for row in rows.tolist()], self.wanted), rows)
            return _with_short_ids(out)
        left = self._by_header(out, bodies, headers) if headers is not None else out.faults == 0
        return _with_short_ids(self._by_prefix(out, bodies, left))

    def _by_header(
        self,
        out: Columns,
        bodies: Bodies,
        headers: Callable[[int], Sequence[tuple[str, bytes | None]] | None],
    ) -> NDArray[np.bool_]:
        """Read the rows whose header names their schema; returns which rows are left."""
        left: NDArray[np.bool_] = out.faults == 0
        said = {row: header_reference(found) for row, found in enumerate(map(headers, range(len(left)))) if found}
        groups: dict[bytes, list[int]] = {}
        for row, content in said.items():
            if content is not None and left[row]:
                groups.setdefault(content, []).append(row)
        for content, rows in groups.items():
            at = np.array(rows, dtype=np.int64)
            left[at] = False
            reference = guid_of(content) or framed_id(content)
            if reference is None or (isinstance(reference, int) and len(content) != PREFIX_BYTES):
                why = SHORT if len(content) < PREFIX_BYTES else BAD_MAGIC
                _fail(out, at, why, "the schema header holds neither GUID nor id")
            else:
                self._decode(out, bodies, at, (reference, 0))
        return left

    def _by_prefix(self, out: Columns, bodies: Bodies, left: NDArray[np.bool_]) -> Columns:
        """Read the rows of `left` by the five bytes in front of each."""
        data = np.frombuffer(bodies.data, dtype=np.uint8)
        short = left & (bodies.ends - bodies.starts < PREFIX_BYTES)
        strange = left & ~short & (data[bodies.starts] != MAGIC)
        out.faults[short], out.faults[strange] = SHORT, BAD_MAGIC
        rows = np.flatnonzero(left & ~short & ~strange)
        words: NDArray[np.uint32] = np.ndarray((len(data) - 3,), dtype=">u4", buffer=bodies.data, strides=(1,))
        ids = words[bodies.starts[rows] + 1]
        if len(ids) == len(left) and (ids == ids[:1]).all() and len(ids):
            return self._decode(out, bodies, None, (int(ids[0]), PREFIX_BYTES))
        for schema_id in np.unique(ids).tolist():
            self._decode(out, bodies, rows[ids == schema_id], (schema_id, PREFIX_BYTES))
        return out

    def _decode(
        self, out: Columns, bodies: Bodies, rows: NDArray[np.int64] | None, named: tuple[Reference, int]
    ) -> Columns:
        """Read `rows` (None: all) with the schema that `named` names, leaving out its prefix."""
        reference, skip = named
        plan = self._plan(reference)
        if isinstance(plan, Plan) and rows is None:
            return plan.decode_joined(bodies, skip)
        at = np.arange(len(out.ids)) if rows is None else rows
        if isinstance(plan, Plan):
            out.place(plan.decode_joined(bodies.take(at), skip), at)
        elif plan is None:
            _fail(out, at, UNKNOWN, f"schema {_spelled(reference)} is not in the schema source")
        else:
            _fail(out, at, REFUSED, f"schema {_spelled(reference)}: {plan}")
        return out

    def _plan(self, reference: Reference) -> Plan | SchemaRefused | None:
        known = self.plans.get(reference)
        if known is not None:
            return known
        schema = self.source.by_guid(reference) if isinstance(reference, bytes) else self.source.by_id(reference)
        if schema is None:
            return None
        if len(self.plans) >= MOST_PLANS:
            self.plans.clear()
        try:
            made: Plan | SchemaRefused = compile_plan(schema, self.wanted)
        except SchemaRefused as refused:
            made = refused
        self.plans[reference] = made
        return made


def _with_short_ids(out: Columns) -> Columns:
    """The columns, with a row whose id is too long made faulty: what is answered must fit on its topic."""
    if max(map(len, out.ids), default=0) > MOST_ID_BYTES:
        rows = [row for row, name in enumerate(out.ids) if len(name) > MOST_ID_BYTES]
        out.place(blank(len(rows), out.matrix.shape[1]), rows)
        _fail(out, np.array(rows, dtype=np.int64), TOO_LONG, f"the id is longer than {MOST_ID_BYTES} bytes")
    return out


def _fail(out: Columns, rows: NDArray[np.int64], why: int, detail: str) -> None:
    out.faults[rows] = why
    out.details.update(dict.fromkeys(rows.tolist(), detail))


def _spelled(reference: Reference) -> str:
    return guid_text(reference) if isinstance(reference, bytes) and len(reference) == GUID_BYTES else str(reference)
