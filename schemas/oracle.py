"""The oracle: fastavro reads one event, whose cells those that were read at once must equal."""

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import fastavro
import numpy as np

from schemas.columns import NOT_FINITE, Columns, Wanted, blank, fault
from schemas.decoding.moments import TICKS, parse_moment
from schemas.json_rows import RowFault, identity_of, put_cells
from schemas.lint import Type, read_schema
from schemas.packed import avro_numbers
from schemas.records import without_logical_types
from schemas.walk import Bodies, join_bodies

BAD_VALUE, NO_TIME = fault("bad_value"), fault("no_time")


@dataclass(frozen=True)
class Oracle:
    """Reads bodies of one writer's schema row by row: twenty times slower, and by others' code.

    It is for bodies that the plan has found whole: what else fastavro takes or refuses is nobody's measure.
    """

    schema: object
    wanted: Wanted
    walk: None = None

    def decode(self, bodies: Sequence[bytes], skip: int) -> Columns:
        """Read `bodies` behind the first `skip` bytes of each."""
        return self.decode_joined(join_bodies(bodies), skip)

    def decode_joined(self, bodies: Bodies, skip: int) -> Columns:
        """The same over bodies that are already laid end to end."""
        out = blank(len(bodies.ends), len(self.wanted.features))
        for row, (start, end) in enumerate(zip(bodies.starts.tolist(), bodies.ends.tolist(), strict=True)):
            try:
                self._row(out, row, bodies.data[start + skip : end])
            except RowFault as broken:
                out.faults[row] = broken.why
                out.ids[row], out.times[row] = b"", 0
        return out

    def _row(self, out: Columns, row: int, body: bytes) -> None:
        event = self._event(body)
        out.ids[row] = identity_of(event.get(self.wanted.id))
        out.times[row] = _micros(event.get(self.wanted.time), self._time)
        put_cells(out, row, event, self.wanted, numbers=avro_numbers)
        out.flags[row, ~np.isfinite(out.matrix[row]) & (out.flags[row] == 0)] = NOT_FINITE

    def _event(self, body: bytes) -> Mapping[str, Any]:
        rest = io.BytesIO(body)
        try:
            event = fastavro.schemaless_reader(rest, self._parsed, None)
        except Exception as error:  # fastavro raises whatever its C code ran into
            raise RowFault(BAD_VALUE) from error
        if rest.read(1) or not isinstance(event, dict):
            raise RowFault(BAD_VALUE)
        return event

    @cached_property
    def _parsed(self) -> Any:
        return fastavro.parse_schema(without_logical_types(self.schema))

    @cached_property
    def _time(self) -> Type:
        """The time's type: of a union, the branch that is a number, if there is one."""
        node = dict(read_schema(self.schema).fields)[self.wanted.time]
        branches = node.branches if node.kind == "union" else (node,)
        return next((one for one in branches if one.kind in ("int", "long")), branches[0])


def _micros(found: object, node: Type) -> int:
    """An event's time. Raises RowFault."""
    if found is None or found == "":
        raise RowFault(NO_TIME)
    if isinstance(found, int) and not isinstance(found, bool):
        factor, divisor = TICKS.get(node.logical, (1, 1))
        return found * factor // divisor
    micros = parse_moment(found) if isinstance(found, str) else None
    if micros is None:
        raise RowFault(BAD_VALUE)
    return micros


def difference(found: Columns, row: int, expected: Columns) -> str:
    """How row `row` of `found` differs from the one row of `expected`; "" when it does not, or fastavro cannot tell.

    It refuses text that is not UTF-8 in fields that nobody asked for: no reason to let a producer slow us down.
    """
    if int(expected.faults[0]):
        return ""
    if found.ids[row] != expected.ids[0] or found.times[row] != expected.times[0]:
        return "another id or time"
    numbers = zip(found.matrix[row].tolist(), expected.matrix[0].tolist(), strict=True)
    places = [place for place, (a, b) in enumerate(numbers) if a != b and not (math.isnan(a) and math.isnan(b))]
    places += np.flatnonzero(found.flags[row] != expected.flags[0]).tolist()
    return f"other values of features {sorted(set(places))}" if places else ""
