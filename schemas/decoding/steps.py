"""Steps: one per field of the writer's schema, each moving every row of the walk over that field."""

from collections.abc import Callable, Sequence

import numpy as np

from schemas.columns import Columns
from schemas.decoding.packed import PackedSink, packed_step
from schemas.decoding.sinks import FeatureSink, NoSink, Sink
from schemas.decoding.skip import MOST_ITEMS, Broken, Purse, TooMany, skipper
from schemas.lint import Type
from schemas.walk import BAD_VALUE, TOO_LARGE, TRUNCATED, Mask, Walk

Step = Callable[[Walk, Columns, Mask], None]

FLOATS = {"float": "<f4", "double": "<f8"}
WIDEST_RUN = 512
"""Bytes that one gather takes from each row at most; below the walk's padding."""
NOWHERE = NoSink()


def step(node: Type, sink: Sink) -> Step:
    """The step that reads one value of type `node` into `sink`."""
    if node.kind == "record":
        return _in_order([step(part, NOWHERE) for _, part in node.fields])
    if node.kind == "union":
        return _union(node, sink)
    if isinstance(sink, PackedSink) and sink.takes(node):
        return packed_step(node, sink, _row_by_row(node))
    if node.kind in ("array", "map"):
        return _row_by_row(node)
    return _leaf(node, sink)


def run_of_floats(fields: Sequence[tuple[Type, Sink]]) -> Step:
    """The step over consecutive floats and doubles: one gather takes all of them from every row."""
    widths = [4 if node.kind == "float" else 8 for node, _ in fields]
    begins = np.cumsum([0, *widths]).tolist()
    cells = [
        (begin, node, sink)
        for begin, (node, sink) in zip(begins, fields, strict=False)
        if isinstance(sink, FeatureSink)
    ]
    block = _block(fields)

    def read(walk: Walk, out: Columns, on: Mask) -> None:
        taken = walk.gather(begins[-1], on)
        if block is not None:
            out.matrix[:, block] = taken.view(FLOATS[fields[0][0].kind])
            return
        for begin, node, sink in cells:
            dtype = FLOATS[node.kind]
            values = np.ascontiguousarray(taken[:, begin : begin + int(dtype[-1])]).view(dtype)[:, 0]
            sink.numbers(out, walk, values, on, node)

    return read


def _block(fields: Sequence[tuple[Type, Sink]]) -> slice | None:
    """The columns of a run when it is, in order, all of one kind for neighbouring float features."""
    places = [sink.place for _, sink in fields if isinstance(sink, FeatureSink) and sink.feature.kind == "float"]
    same = len({node.kind for node, _ in fields}) == 1
    if not same or len(places) != len(fields) or places != list(range(places[0], places[0] + len(places))):
        return None
    return slice(places[0], places[0] + len(places))


def _leaf(node: Type, sink: Sink) -> Step:
    if node.kind == "null":
        return lambda walk, out, on: sink.nulls(out, walk, on)
    kept = NOWHERE if not sink.takes(node) else sink
    read = _bytes(node, kept) if node.kind in ("string", "bytes", "fixed") else _number(node, kept)
    if kept is sink:
        return read

    def read_and_flag(walk: Walk, out: Columns, on: Mask) -> None:
        read(walk, out, on)
        sink.wrong(out, walk, on)

    return read_and_flag


def _number(node: Type, sink: Sink) -> Step:
    readers: dict[str, Callable[[Walk, Mask], np.ndarray]] = {
        "boolean": lambda walk, on: walk.boolean(on),
        "int": lambda walk, on: walk.short(on),
        "long": lambda walk, on: walk.long(on),
        "float": lambda walk, on: walk.number("<f4", on),
        "double": lambda walk, on: walk.number("<f8", on),
        "enum": lambda walk, on: walk.index(len(node.symbols), on),
    }
    reader = readers[node.kind]
    return lambda walk, out, on: sink.numbers(out, walk, reader(walk, on), on, node)


def _bytes(node: Type, sink: Sink) -> Step:
    if node.kind == "fixed":
        return lambda walk, _, on: walk.advance(node.size, on)
    return lambda walk, out, on: sink.texts(out, walk, walk.text(on), on)


def _in_order(steps: Sequence[Step]) -> Step:
    def read(walk: Walk, out: Columns, on: Mask) -> None:
        for one in steps:
            one(walk, out, on)

    return read


def _union(node: Type, sink: Sink) -> Step:
    """Every branch for the rows that chose it; a branch nobody chose costs nothing."""
    steps = [_branch(branch, sink) for branch in node.branches]

    def read(walk: Walk, out: Columns, on: Mask) -> None:
        index = walk.index(len(steps), on)
        for place, one in enumerate(steps):
            chosen = index == place if on is None else (index == place) & on
            count = int(np.count_nonzero(chosen))
            if count:
                one(walk, out, None if count == len(chosen) else chosen)

    return read


def _branch(branch: Type, sink: Sink) -> Step:
    if branch.kind not in ("record", "array", "map") or (branch.kind == "array" and sink.takes(branch)):
        return step(branch, sink)
    inner = step(branch, NOWHERE)

    def read(walk: Walk, out: Columns, on: Mask) -> None:
        inner(walk, out, on)
        sink.wrong(out, walk, on)

    return read


def _row_by_row(node: Type) -> Step:
    """Arrays and maps: the only fields that cost a Python call per row, and per item; a row pays for all of its own."""
    purse = Purse()
    skip = skipper(node, purse)

    def read(walk: Walk, out: Columns, on: Mask) -> None:
        rows = np.flatnonzero(walk.faults == 0 if on is None else (walk.faults == 0) & on)
        why = np.zeros(len(walk.at), dtype=np.int16)
        for row, at, end in zip(rows.tolist(), walk.at[rows].tolist(), walk.end[rows].tolist(), strict=True):
            purse.left = MOST_ITEMS - walk.paid.get(row, 0)
            try:
                walk.at[row] = skip(walk.data, at, end)
            except Broken as broken:
                why[row] = TRUNCATED if broken.cut else BAD_VALUE
            except TooMany:
                why[row] = TOO_LARGE
                out.details[row] = f"more than {MOST_ITEMS} items in arrays and maps, expected a flat record"
            walk.paid[row] = MOST_ITEMS - purse.left
        for fault in np.unique(why[why > 0]).tolist():
            walk.fail(why == fault, fault)

    return read
