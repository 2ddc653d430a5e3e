"""Sinks: where a decoded value goes, be it the id, the time, a feature or nowhere."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from schemas.columns import NULL, UNSEEN, UNSEEN_CATEGORY, WRONG_TYPE, Columns, FeatureField
from schemas.decoding.vocabulary import Vocabulary
from schemas.lint import Type
from schemas.walk import Longs, Mask, Walk

NUMBERS = ("int", "long", "float", "double")
STRING = Type("string")


class Sink(Protocol):
    """Takes the values of one field; `out` has a row per row of the walk, `on` says which rows have it."""

    def takes(self, node: Type) -> bool:
        """Whether a value of this Avro type is one."""

    def numbers(self, out: Columns, walk: Walk, values: NDArray[np.generic], on: Mask, node: Type) -> None:
        """Take numbers, booleans as 0 and 1, or the symbols' indices of an enum."""

    def texts(self, out: Columns, walk: Walk, span: tuple[Longs, Longs], on: Mask) -> None:
        """Take strings: where they begin in the walk's bytes, and how long they are."""

    def nulls(self, out: Columns, walk: Walk, on: Mask) -> None:
        """Take nulls."""

    def wrong(self, out: Columns, walk: Walk, on: Mask) -> None:
        """Take values of a type that `takes` declined, from a union that also has better ones."""


class FeatureSink:
    """A column of the matrix."""

    def __init__(self, feature: FeatureField, place: int) -> None:
        self.feature, self.place = feature, place
        self.vocabulary = Vocabulary(feature.categories) if feature.kind == "category" else None

    def takes(self, node: Type) -> bool:
        """Numbers for float and int, booleans for bool, strings and enums for category."""
        kinds = {"float": NUMBERS, "int": NUMBERS, "bool": ("boolean",), "category": ("string", "enum")}
        return node.kind in kinds[self.feature.kind] and node.logical not in ("decimal", "big-decimal")

    def numbers(self, out: Columns, walk: Walk, values: NDArray[np.generic], on: Mask, node: Type) -> None:
        """Put the numbers; for an int feature those with a fraction are of the wrong type."""
        numbers = values.astype(np.float64, copy=False)
        if self.vocabulary is not None:
            places = [self.vocabulary.places.get(symbol, UNSEEN_CATEGORY) for symbol in node.symbols]
            self._places(out, np.array(places)[np.clip(values.astype(np.int64), 0, len(places) - 1)], on)
            return
        self._put(out, numbers, on)
        if self.feature.kind == "int" and node.kind in ("float", "double"):
            broken = np.isfinite(numbers) & (np.trunc(numbers) != numbers)
            self.wrong(out, walk, broken if on is None else broken & on)

    def texts(self, out: Columns, walk: Walk, span: tuple[Longs, Longs], on: Mask) -> None:
        """Put the places of the strings among the categories."""
        if self.vocabulary is not None:
            self._places(out, self.vocabulary.look_up(walk, *span), on)

    def nulls(self, out: Columns, walk: Walk, on: Mask) -> None:
        """Flag the nulls; the matrix keeps NaN."""
        del walk
        out.flags[slice(None) if on is None else on, self.place] |= NULL

    def wrong(self, out: Columns, walk: Walk, on: Mask) -> None:
        """Flag the values; the matrix keeps NaN."""
        del walk
        rows = slice(None) if on is None else on
        out.matrix[rows, self.place] = np.nan
        out.flags[rows, self.place] |= WRONG_TYPE

    def _places(self, out: Columns, places: NDArray[np.float64], on: Mask) -> None:
        self._put(out, places, on)
        unseen = places == UNSEEN_CATEGORY
        out.flags[unseen if on is None else unseen & on, self.place] |= UNSEEN

    def _put(self, out: Columns, values: NDArray[np.float64], on: Mask) -> None:
        out.matrix[:, self.place] = values if on is None else np.where(on, values, out.matrix[:, self.place])


class NoSink:
    """Nowhere: the field is stepped over."""

    def takes(self, node: Type) -> bool:
        """Everything, unseen."""
        del node
        return True

    def numbers(self, out: Columns, walk: Walk, values: NDArray[np.generic], on: Mask, node: Type) -> None:
        """Drop them."""

    def texts(self, out: Columns, walk: Walk, span: tuple[Longs, Longs], on: Mask) -> None:
        """Drop them."""

    def nulls(self, out: Columns, walk: Walk, on: Mask) -> None:
        """Drop them."""

    def wrong(self, out: Columns, walk: Walk, on: Mask) -> None:
        """Drop them."""


class FanSink:
    """Several sinks of one field, such as a time that is also a feature."""

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self.sinks = sinks

    def takes(self, node: Type) -> bool:
        """What any of them takes."""
        return any(sink.takes(node) for sink in self.sinks)

    def numbers(self, out: Columns, walk: Walk, values: NDArray[np.generic], on: Mask, node: Type) -> None:
        """Hand the numbers to those that take them; to the others they are wrong."""
        for sink in self.sinks:
            if sink.takes(node):
                sink.numbers(out, walk, values, on, node)
            else:
                sink.wrong(out, walk, on)

    def texts(self, out: Columns, walk: Walk, span: tuple[Longs, Longs], on: Mask) -> None:
        """The same for strings."""
        for sink in self.sinks:
            if sink.takes(STRING):
                sink.texts(out, walk, span, on)
            else:
                sink.wrong(out, walk, on)

    def nulls(self, out: Columns, walk: Walk, on: Mask) -> None:
        """Hand on the nulls."""
        for sink in self.sinks:
            sink.nulls(out, walk, on)

    def wrong(self, out: Columns, walk: Walk, on: Mask) -> None:
        """Hand on the values of another type."""
        for sink in self.sinks:
            sink.wrong(out, walk, on)
