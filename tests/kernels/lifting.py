"""The same events read twice: with numbers lifted out of their text, and by Python's parser alone."""

import numpy as np
import pytest

from kernels.compiled import compiled
from schemas import packed as packing
from schemas.columns import Columns
from schemas.json_rows import read_json
from tests.schemas.packed_events import wanted_packed

COUNT = 3
WANTED = wanted_packed(COUNT)
PLAIN = b'{"id": "a", "t": 1, "a": 0.5, "p": %s, "z": 2.5}'
needs_kernels = pytest.mark.skipif(compiled is None, reason="nothing is lifted without the compiled kernels")


def alone(values: list[bytes], monkeypatch: pytest.MonkeyPatch) -> Columns:
    """What Python's parser makes of them alone."""
    with monkeypatch.context() as without:
        without.setattr(packing, "compiled", None)
        return read_json(values, WANTED)


def same(found: Columns, expected: Columns) -> None:
    """Every cell and every word, to the bit."""
    assert (found.ids, found.details) == (expected.ids, expected.details)
    for name in ("times", "flags", "faults"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    np.testing.assert_array_equal(found.matrix.view(np.uint32), expected.matrix.view(np.uint32))
