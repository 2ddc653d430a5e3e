"""The plan: a writer's schema compiled once into the steps that turn a batch of bodies into columns."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import compiled
from schemas.columns import ABSENT, NOT_FINITE, Columns, Wanted, blank, fault
from schemas.decoding.envelope import IdSink, TimeSink
from schemas.decoding.packed import PackedSink
from schemas.decoding.program import program
from schemas.decoding.sinks import FanSink, FeatureSink, Sink
from schemas.decoding.steps import FLOATS, NOWHERE, WIDEST_RUN, Step, run_of_floats, step
from schemas.lint import SchemaRefused, Type, read_schema
from schemas.walk import Bodies, Walk, join_bodies

TRAILING_BYTES = fault("trailing_bytes")
NO_ID = fault("no_id")


@dataclass(frozen=True)
class Plan:
    """How to read bodies of one writer's schema; `absent` are the columns that this schema does not have.

    `walk` reads what is plain, compiled; None where nothing but the steps can. `schema` is the writer's.
    """

    writer: str
    steps: tuple[Step, ...]
    absent: tuple[int, ...]
    features: int
    walk: object | None = None
    schema: object = None

    def decode_plain(
        self, values: list[bytes | None], prefix: bytes, may: NDArray[np.uint8], most_bytes: int
    ) -> tuple[Columns, NDArray[np.int64]]:
        """Read what is plain of framed `values`, of the rows that `may` be (1, changed here); which rows are left.

        Those left are blank, and `decode` is to read them. Only for a plan with a `walk`.
        """
        rows = len(values)
        times = np.empty(rows, dtype=np.int64)
        matrix = np.empty((rows, self.features), dtype=np.float32)
        flags = np.empty((rows, self.features), dtype=np.uint8)
        ids, left = compiled.decode(self.walk, values, prefix, times, matrix, flags, may, most_bytes)
        found = Columns(ids, times, matrix, flags, np.zeros(rows, dtype=np.int16))
        return found, np.flatnonzero(may == 0) if left else np.empty(0, dtype=np.int64)

    def decode(self, bodies: Sequence[bytes], skip: int) -> Columns:
        """Read `bodies`, leaving out the first `skip` bytes of each; a fault stays with its row."""
        return self.decode_joined(join_bodies(bodies), skip)

    def decode_joined(self, bodies: Bodies, skip: int) -> Columns:
        """The same over bodies that are already laid end to end."""
        out = blank(len(bodies.ends), self.features)
        walk = Walk(bodies, skip)
        # Signalling NaNs and doubles beyond float32 are no warnings: _finish flags them.
        with np.errstate(over="ignore", invalid="ignore"):
            for one in self.steps:
                one(walk, out, None)
        walk.fail(walk.at != walk.end, TRAILING_BYTES)
        if b"" in out.ids:
            walk.fail(np.array([not one for one in out.ids], dtype=np.bool_), NO_ID)
        out.faults = walk.faults
        return self._finish(out)

    def _finish(self, out: Columns) -> Columns:
        for place in self.absent:
            out.flags[:, place] = ABSENT
        finite = np.isfinite(out.matrix)
        if not finite.all():
            out.flags[~finite & (out.flags == 0)] |= NOT_FINITE
        broken = np.flatnonzero(out.faults)
        if len(broken):
            out.matrix[broken], out.flags[broken], out.times[broken] = np.nan, 0, 0
            for row in broken.tolist():
                out.ids[row] = b""
        return out


def compile_plan(writer_schema: object, wanted: Wanted) -> Plan:
    """Compile the plan for a parsed writer schema.

    Raises SchemaRefused, naming every field that is missing or of a type that cannot be read as wanted.
    """
    root = read_schema(writer_schema)
    sinks: dict[str, list[Sink]] = {wanted.id: [IdSink()]}
    sinks.setdefault(wanted.time, []).append(TimeSink())
    for place, feature in wanted.single:
        sinks.setdefault(feature.name, []).append(FeatureSink(feature, place))
    for packed in wanted.packed:
        sinks.setdefault(packed.name, []).append(PackedSink(packed))
    _check(root, wanted, sinks)
    fields = [(node, _one_sink(sinks.get(name, []))) for name, node in root.fields]
    absent = _absent(wanted, {name for name, _ in root.fields})
    walk = program(fields, absent, len(wanted.features))
    return Plan(root.name, tuple(_steps(fields)), absent, len(wanted.features), walk, writer_schema)


def _absent(wanted: Wanted, present: Collection[str]) -> tuple[int, ...]:
    """The places of the features whose field is not `present`."""
    lone = [place for place, feature in wanted.single if feature.name not in present]
    packed = [range(one.place, one.place + one.count) for one in wanted.packed if one.name not in present]
    return tuple(sorted(chain(lone, *packed)))


def _check(root: Type, wanted: Wanted, sinks: dict[str, list[Sink]]) -> None:
    types = dict(root.fields)
    optional = {one.name for _, one in wanted.single if one.nullable} | {
        one.name for one in wanted.packed if one.nullable
    }
    missing = [name for name in sinks if name not in types and name not in optional]
    mistyped = [
        f"{name} is {_spelled(types[name])}, expected {_expected(name, wanted)}"
        for name, takers in sinks.items()
        if name in types and not all(_readable(types[name], sink, nullable=name in optional) for sink in takers)
    ]
    said = ([f"lacks {', '.join(missing)}"] if missing else []) + mistyped
    if said:
        raise SchemaRefused(
            f"writer schema {root.name} {'; '.join(said)}: have its producer write what the contract names"
        )


def _readable(node: Type, sink: Sink, *, nullable: bool) -> bool:
    branches = node.branches if node.kind == "union" else (node,)
    if isinstance(sink, PackedSink) and any(one.kind == "array" and not sink.takes(one) for one in branches):
        return False
    return any(sink.takes(branch) if branch.kind != "null" else nullable for branch in branches)


def _spelled(node: Type) -> str:
    if node.kind == "union":
        return f"[{', '.join(_spelled(branch) for branch in node.branches)}]"
    if node.kind == "array":
        return f"array of {_spelled(node.branches[0])}"
    return f"{node.kind} {node.logical}{f'of {node.size} bytes' if node.kind == 'fixed' else ''}".strip()


def _expected(name: str, wanted: Wanted) -> str:
    if name == wanted.id:
        return "string, int or long"
    if name == wanted.time:
        return "long timestamp-micros or ISO-8601 string"
    for one in wanted.packed:
        if one.name == name:
            return f"array of float or double, bytes, or fixed of {one.count * one.width} bytes"
    kind = next(feature.kind for _, feature in wanted.single if feature.name == name)
    return {"float": "a number", "int": "int or long", "bool": "boolean", "category": "string or enum"}[kind]


def _one_sink(sinks: Sequence[Sink]) -> Sink:
    if not sinks:
        return NOWHERE
    return sinks[0] if len(sinks) == 1 else FanSink(sinks)


def _steps(fields: Sequence[tuple[Type, Sink]]) -> list[Step]:
    """One step per field, but one step for a run of neighbouring floats and doubles."""
    steps: list[Step] = []
    run: list[tuple[Type, Sink]] = []
    for node, sink in fields:
        if node.kind in FLOATS and len(run) < WIDEST_RUN // 8:
            run.append((node, sink))
            continue
        steps += [run_of_floats(run)] if run else []
        run = [(node, sink)] if node.kind in FLOATS else []
        steps += [] if run else [step(node, sink)]
    return [*steps, run_of_floats(run)] if run else steps
