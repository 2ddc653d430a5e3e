"""The program: a writer's schema as the numbers that the compiled walk runs, where every field of it is plain."""

from collections.abc import Sequence

import numpy as np

from kernels.compiled import compiled
from schemas.columns import UNSEEN_CATEGORY
from schemas.decoding.envelope import IdSink, TimeSink
from schemas.decoding.moments import TICKS
from schemas.decoding.packed import WIDTHS, PackedSink
from schemas.decoding.sinks import FeatureSink, NoSink, Sink
from schemas.decoding.steps import NOWHERE
from schemas.lint import Type

RECORD, UNION, DOUBLES, FLOATS, LONG, BOOL, SKIP, BYTES, ID_TEXT, ID_LONG, TIME = range(11)
CATEGORY, ENUM, WHOLE, NOTHING, WRONG, ABSENT, PACKED, LISTED = range(11, 19)
GIVEN_UP = -2
BITS = {"int": 32, "long": 64}


class _TooRich(Exception):
    """The schema holds what the compiled walk does not know."""


def program(fields: Sequence[tuple[Type, Sink]], absent: Sequence[int], features: int) -> object | None:
    """The compiled walk over records of `fields`, ready to run; None where numpy is to read them.

    A row that the walk gives up is read by the plan's own steps: whatever is rare, broken or doubtful.
    """
    if compiled is None:
        return None
    writer = _Writer()
    try:
        writer.write(fields, absent)
    except _TooRich:
        return None
    return compiled.plan_of(np.array(writer.code, np.int64), tuple(writer.vocabularies), features)  # type: ignore[no-any-return]  # a capsule


class _Writer:
    """Writes one program."""

    def __init__(self) -> None:
        self.code: list[int] = []
        self.vocabularies: list[list[bytes]] = []
        self._run = (0, 0, 0)

    def write(self, fields: Sequence[tuple[Type, Sink]], absent: Sequence[int]) -> None:
        """The whole record: its fields in order, then the features it does not have."""
        self.code += [RECORD, 0]
        for node, sink in fields:
            begun = len(self.code)
            self._value(node, sink)
            self.code[1] += not self._joined(begun)
        for place in absent:
            self.code += [ABSENT, place]
            self.code[1] += 1

    def _joined(self, begun: int) -> bool:
        """Make one run of neighbouring doubles, or floats, for neighbouring features."""
        made = self.code[begun:]
        at, op, end = self._run
        if len(made) == 3 and made[0] in (DOUBLES, FLOATS) and made[1] >= 0 and made[2] == 1:  # noqa: PLR2004 - three
            if op == made[0] and end == made[1] and at + 3 == begun:
                del self.code[begun:]
                self.code[at + 2] += 1
                self._run = (at, op, end + 1)
                return True
            self._run = (begun, made[0], made[1] + 1)
        else:
            self._run = (0, 0, 0)
        return False

    def _value(self, node: Type, sink: Sink) -> None:
        if node.kind == "record":
            self.code += [RECORD, len(node.fields)]
            for _, part in node.fields:
                self._value(part, NOWHERE)
        elif node.kind == "union":
            self._union(node, sink)
        elif isinstance(sink, PackedSink):
            self._packed(node, sink)
        elif node.kind in ("array", "map") or not isinstance(sink, IdSink | TimeSink | FeatureSink | NoSink):
            raise _TooRich
        elif isinstance(sink, FeatureSink):
            self._feature(node, sink)
        elif isinstance(sink, NoSink):
            self._nowhere(node)
        else:
            self.code += _envelope(node, sink)

    def _union(self, node: Type, sink: Sink) -> None:
        head, count = len(self.code), len(node.branches)
        self.code += [UNION, count, 0, *[0] * count]
        for number, branch in enumerate(node.branches):
            self.code[head + 3 + number] = len(self.code)
            if branch.kind == "record" and isinstance(sink, FeatureSink):
                self.code += [WRONG, sink.place]
            elif branch.kind == "record" and not isinstance(sink, NoSink):
                self.code += [NOTHING, GIVEN_UP]
                continue
            self._value(branch, NOWHERE if branch.kind == "record" else sink)
        self.code[head + 2] = len(self.code)

    def _feature(self, node: Type, sink: FeatureSink) -> None:
        kind, place = node.kind, sink.place
        if kind == "null":
            self.code += [NOTHING, place]
        elif not sink.takes(node):
            self.code += [WRONG, place]
            self._nowhere(node)
        elif kind == "string":
            self.code += [CATEGORY, place, len(self.vocabularies)]
            self.vocabularies.append([one.encode() for one in sink.feature.categories])
        elif kind == "enum" and sink.vocabulary is not None:
            places = [int(sink.vocabulary.places.get(one, UNSEEN_CATEGORY)) for one in node.symbols]
            self.code += [ENUM, place, len(places), *places]
        elif kind in BITS:
            self.code += [LONG, place, BITS[kind]]
        elif kind == "boolean":
            self.code += [BOOL, place]
        elif sink.feature.kind == "int":
            self.code += [WHOLE, place, WIDTHS[kind]]
        else:
            self.code += [DOUBLES if kind == "double" else FLOATS, place, 1]

    def _packed(self, node: Type, sink: PackedSink) -> None:
        """All that is usual; what is of another type or length is the steps' to flag."""
        field = sink.field
        if node.kind == "null":
            self.code += [RECORD, field.count]
            self.code += [one for at in range(field.place, field.place + field.count) for one in (NOTHING, at)]
        elif not sink.takes(node):
            self.code += [NOTHING, GIVEN_UP]
        elif node.kind == "fixed":
            self.code += [DOUBLES if field.width == WIDTHS["double"] else FLOATS, field.place, field.count]
        elif node.kind == "bytes":
            self.code += [PACKED, field.place, field.count, field.width]
        else:
            self.code += [LISTED, field.place, field.count, WIDTHS[node.branches[0].kind]]

    def _nowhere(self, node: Type) -> None:
        kind = node.kind
        if kind in BITS:
            self.code += [LONG, -1, BITS[kind]]
        elif kind in ("string", "bytes"):
            self.code += [BYTES]
        elif kind == "enum":
            self.code += [ENUM, -1, len(node.symbols), *[0] * len(node.symbols)]
        elif kind == "boolean":
            self.code += [BOOL, -1]
        elif kind == "null":
            self.code += [NOTHING, -1]
        else:
            self.code += [SKIP, WIDTHS.get(kind, node.size)]


def _envelope(node: Type, sink: IdSink | TimeSink) -> list[int]:
    if not sink.takes(node):
        return [NOTHING, GIVEN_UP]
    if isinstance(sink, TimeSink):
        if node.kind == "string":
            raise _TooRich
        return [TIME, BITS[node.kind], *TICKS[node.logical]]
    return [ID_TEXT] if node.kind == "string" else [ID_LONG, BITS[node.kind]]
