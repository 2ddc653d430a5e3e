"""The truths of a batch of labels, as they were written, and as the contract's task codes them."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from schemas.columnar.contract import is_text
from schemas.columnar.stretches import distinct
from schemas.columns import fault
from schemas.frames import Judged, fail
from schemas.walk import BAD_VALUE, Longs, Mask, Walk

Task = Literal["binary", "multiclass", "regression"]
NULL, BOOLEAN, LONG, DOUBLE, STRING = range(5)
"""The branches of label.v1's union, in its order."""
NULL_LABEL, WRONG_TYPE, UNKNOWN_CLASS = fault("null_label"), fault("wrong_label_type"), fault("unknown_class")
KINDS = ("null", "a boolean", "a long", "a double", "a string")
TAKEN: dict[Task, tuple[int, ...]] = {
    "binary": (BOOLEAN, LONG, DOUBLE),
    "multiclass": (BOOLEAN, LONG, STRING),
    "regression": (LONG, DOUBLE),
}
EXPECTED = {
    "binary": "a boolean, or 0 or 1",
    "multiclass": "one of the contract's classes as a string",
    "regression": "a number",
}


class Truths:
    """n truths: kinds (int8), longs (int64, of booleans too), doubles (float64), texts (int32, an index into names)."""

    def __init__(self, rows: int) -> None:
        self.kinds = np.zeros(rows, dtype=np.int8)
        self.longs = np.zeros(rows, dtype=np.int64)
        self.doubles = np.full(rows, np.nan)
        self.texts = np.zeros(rows, dtype=np.int32)
        self.names: dict[bytes, int] = {}

    def put(self, row: int, value: object) -> None:
        """Put one truth; None is null."""
        if isinstance(value, bool | int):
            self.kinds[row] = BOOLEAN if isinstance(value, bool) else LONG
            self.longs[row] = value
        elif isinstance(value, float):
            self.kinds[row], self.doubles[row] = DOUBLE, value
        elif isinstance(value, str):
            self.kinds[row], self.texts[row] = STRING, self.names.setdefault(value.encode(), len(self.names))

    def put_texts(self, walk: Walk, starts: Longs, sizes: Longs, on: Mask) -> None:
        """Put the strings of the rows of `on`; one that is not UTF-8 is a bad value."""
        codes, names = distinct(walk, starts, starts + sizes)
        self.names = {name: code for code, name in enumerate(names)}
        self.texts = codes
        strange = [code for name, code in self.names.items() if not is_text(name)]
        if strange:
            walk.fail(np.isin(codes, strange), BAD_VALUE, on)

    def coded(self, out: Judged, task: Task, classes: Sequence[str]) -> NDArray[np.float64]:
        """What each truth is to the contract, NaN where it is nothing: that row's fault.

        Binary: 0.0 or 1.0. Multiclass: the place among `classes`. Regression: the number.
        """
        for kind, said in enumerate(KINDS):
            wrong = np.flatnonzero((out.faults == 0) & (self.kinds == kind)) if kind not in TAKEN[task] else ()
            if len(wrong):
                why = NULL_LABEL if kind == NULL else WRONG_TYPE
                fail(out, np.asarray(wrong), why, f"the label is {said}, expected {EXPECTED[task]}")
        if task == "multiclass":
            values = self._places(classes, out.faults == 0)
            strange = np.isnan(values)
        else:
            values = np.where(self.kinds == DOUBLE, self.doubles, self.longs) + 0.0  # -0.0 becomes 0.0
            strange = ~np.isfinite(values) if task == "regression" else (values != 0) & (values != 1)
        bad = np.flatnonzero(strange & (out.faults == 0))
        if len(bad):
            why = BAD_VALUE if task == "regression" else UNKNOWN_CLASS
            fail(out, bad, why, f"found another value, expected {EXPECTED[task]}")
        return values

    def _places(self, classes: Sequence[str], whole: NDArray[np.bool_]) -> NDArray[np.float64]:
        """The place of each truth's text among the classes, NaN for none of them, and in rows that are not whole."""
        places = {name.encode(): float(place) for place, name in enumerate(classes)}
        by_name = np.array([*(places.get(name, np.nan) for name in self.names), np.nan])
        values = np.where(whole & (self.kinds == STRING), by_name[self.texts], np.nan)
        for kind, spelled in ((BOOLEAN, ("false", "true").__getitem__), (LONG, str)):
            rows = whole & (self.kinds == kind)
            said, code = np.unique(self.longs[rows], return_inverse=True)
            values[rows] = np.array([places.get(spelled(one).encode(), np.nan) for one in said.tolist()] or [0.0])[code]
        return values
