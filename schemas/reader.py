"""The reader: a batch of Kafka values, whatever schemas wrote them, as columns in the batch's order."""

from collections.abc import Sequence

import numpy as np

from schemas.columns import Columns, Wanted, blank, fault
from schemas.frames import MOST_ID_BYTES, MOST_VALUE_BYTES, Headers, Plans, Reference, fail, grouped, take_values
from schemas.framing import PREFIX_BYTES, framed_id, header_reference
from schemas.json_rows import read_json
from schemas.lint import SchemaRefused
from schemas.oracle import Oracle, difference
from schemas.plan import Plan, compile_plan
from schemas.source import SchemaSource

TOO_LONG = fault("id_too_long")
CHECK_EVERY = 10_000
"""One event in so many is read by fastavro as well: what is read at once must never be silently wrong."""


class Reader:
    """Reads the events of one topic; plans are compiled once per schema and kept.

    A value of more than `most_bytes` is neither joined into the batch's buffer nor decoded.
    """

    def __init__(
        self, wanted: Wanted, source: SchemaSource, *, json: bool = False, most_bytes: int = MOST_VALUE_BYTES
    ) -> None:
        self.wanted, self.source, self.json, self.most_bytes = wanted, source, json, most_bytes
        self._plans: Plans[Plan | Oracle] = Plans(source, lambda schema: compile_plan(schema, self.wanted))
        self._until_check = CHECK_EVERY
        self.disagreements: list[str] = []

    @property
    def plans(self) -> dict[Reference, Plan | Oracle | SchemaRefused]:
        """What is known of each schema, the one longest unused first."""
        return self._plans.kept

    def read(self, values: Sequence[bytes | None], headers: Headers = None) -> Columns:
        """Read `values`; every row that cannot be read carries its fault, and no row disturbs another.

        Rows whose schema cannot be asked for now are `waiting`, with the reason in `details`.
        """
        if self.json:
            return self._read(values, headers)
        plan = self._plan_of(values[0] if len(values) else None)
        is_plain = isinstance(plan, Plan) and plan.walk is not None
        found = self._read_plain(plan, values, headers) if is_plain else self._read(values, headers)  # type: ignore[arg-type]  # is_plain says so
        self._until_check -= len(values)
        if self._until_check < 0 and self._differs(values, headers, found):
            return self.read(values, headers)
        return found

    def _plan_of(self, value: bytes | None) -> Plan | Oracle | None:
        """The plan of the schema that a value names in front, if it is known: most others are like it."""
        return self._plans.known(framed_id(value)) if value else None

    def _differs(self, values: Sequence[bytes | None], headers: Headers, found: Columns) -> bool:
        """Have fastavro read one of the rows again; if it sees another, it reads that schema from now on."""
        self._until_check += max(CHECK_EVERY, len(values))
        row = self._until_check % len(values)
        value, plan = values[row], self._plan_of(values[row])
        by_header = headers is not None and header_reference(headers(row) or ()) is not None
        if value is None or by_header or found.faults[row] or found.waiting[row] or not isinstance(plan, Plan):
            return False
        oracle = Oracle(plan.schema, self.wanted)
        why = difference(found, row, oracle.decode([value], PREFIX_BYTES))
        if why:
            schema_id = framed_id(value) or 0
            self.disagreements.append(f"schema {schema_id} ({plan.writer}): {why}; fastavro reads it from now on")
            self._plans.kept[schema_id] = oracle
        return bool(why)

    def _read_plain(self, plan: Plan, values: Sequence[bytes | None], headers: Headers) -> Columns:
        """Read what is as plain as most, then all the rest as if nothing else had come."""
        may = np.ones(len(values), dtype=np.uint8)
        if headers is not None:
            may[[row for row in range(len(values)) if header_reference(headers(row) or ()) is not None]] = 0
        whole = list(values)
        out, left = plan.decode_plain(whole, (whole[0] or b"")[:PREFIX_BYTES], may, self.most_bytes)
        if len(left):
            rows = left.tolist()
            others = None if headers is None else lambda row: headers(rows[row])
            out.place(self._read([whole[row] for row in rows], others), left)
        return out

    def _read(self, values: Sequence[bytes | None], headers: Headers) -> Columns:
        """Read `values` as any values, of one schema or many."""
        out = blank(len(values), len(self.wanted.features))
        whole = take_values(out, values, self.most_bytes)
        if self.json:
            rows = np.array([row for row, value in enumerate(whole) if value], dtype=np.int64)
            out.place(read_json([whole[row] for row in rows.tolist()], self.wanted), rows)
            return _with_short_ids(out)
        bodies, groups = grouped(out, whole, headers)
        for group in groups:
            plan = self._plans.plan(out, group)
            if plan is not None and group.rows is None:
                return _with_short_ids(plan.decode_joined(bodies, group.skip))
            if plan is not None and group.rows is not None:
                out.place(plan.decode_joined(bodies.take(group.rows), group.skip), group.rows)
        return _with_short_ids(out)


def _with_short_ids(out: Columns) -> Columns:
    """The columns, with a row whose id is too long made faulty: what is answered must fit on its topic."""
    if max(map(len, out.ids), default=0) > MOST_ID_BYTES:
        rows = [row for row, name in enumerate(out.ids) if len(name) > MOST_ID_BYTES]
        out.place(blank(len(rows), out.matrix.shape[1]), rows)
        fail(out, np.array(rows, dtype=np.int64), TOO_LONG, f"the id is longer than {MOST_ID_BYTES} bytes")
    return out
