"""Numbers lifted out of JSON text are those that Python's parser finds in it, to the bit, or are left to it."""

import json
import math
import random
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.compiled import compiled
from schemas import packed as packing
from schemas.columns import FeatureField, PackedField, Wanted
from schemas.json_rows import read_json
from tests.kernels.lifting import COUNT, PLAIN, WANTED, alone, needs_kernels, same

SPACE = st.sampled_from(["", "", " ", "\n", "\t \r"])


def spelled(draw: st.DrawFn) -> str:
    """A number, or nearly one, as somebody may write it."""
    exact = st.floats(allow_nan=False, allow_infinity=False).map(repr)
    fraction = st.from_regex(r"-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,24})?([eE][-+]?[0-9]{1,4})?", fullmatch=True)
    odd = st.sampled_from(
        ["", "-", "01", "1.", ".5", "1e", "+1", "NaN", "Infinity", "null", "true", "1 2", "-0", "0x1"]
    )
    return draw(st.one_of(exact, fraction, fraction, odd if draw(st.integers(0, 5)) == 0 else exact))


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    """An event, mostly sound: numbers in an array or a string, neighbours that look like them, damage now and then."""
    numbers = [f"{draw(SPACE)}{spelled(draw)}{draw(SPACE)}" for _ in range(draw(st.sampled_from([3, 3, 3, 2, 4, 0])))]
    joined = ",".join(numbers)
    value = draw(st.sampled_from([f"[{joined}]", f'"{joined.strip()}"', f"[{joined}", "null", f"[[{joined}]]"]))
    near = [
        '"x": {"p": [1, 2, 3]}',
        '"y": "\\"p\\": [1,2,3]"',
        '"w": [{"p": "]"}, {}]',
        '"v": -1.5e3 ',
        '"p": [1, 2, 3]',
    ]
    others = draw(st.lists(st.sampled_from(near[: draw(st.sampled_from([4, 4, 5]))]), max_size=3, unique=True))
    fields = draw(
        st.permutations(['"id": "a"', '"t" : 1', '"a":0.5', f'"p"{draw(SPACE)}: {value}', '"z": 2.5', *others])
    )
    whole = bytearray(f"{draw(SPACE)}{{{','.join(fields)}}}{draw(SPACE)}".encode())
    if draw(st.integers(0, 4)) == 0:
        whole[draw(st.integers(0, len(whole) - 1))] = draw(st.sampled_from(list(b'"\\{}[],: 0\x00\xff')))
        del whole[draw(st.integers(1, len(whole)) | st.just(len(whole))) :]
    return bytes(whole)


@needs_kernels
@settings(max_examples=400, deadline=None)
@given(st.lists(texts(), max_size=4))
def test_it_changes_nothing(values: list[bytes]) -> None:
    """Sound events and broken ones, doubled names, names inside strings and other objects."""
    with pytest.MonkeyPatch.context() as patch:
        same(read_json(values, WANTED), alone(values, patch))


@needs_kernels
def test_every_double_is_read_as_python_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all sizes, printed in full, with fewer digits, and halfway between two doubles or two floats."""
    chance = random.Random(11)
    numbers = [struct.unpack("<d", chance.randbytes(8))[0] for _ in range(3_000)]
    numbers += [chance.uniform(-1, 1) for _ in range(6_000)]
    said = [repr(one) for one in numbers if math.isfinite(one)]
    said += [f"{chance.uniform(-1e3, 1e3):.{chance.randint(0, 24)}f}" for _ in range(6_000)]
    said += [str(2**53 + chance.getrandbits(10)) for _ in range(300)]
    said += [f"{(1 << 24 | chance.getrandbits(23)) + 0.5:.1f}" for _ in range(300)]
    said += [
        "9007199254740993",
        "9007199254740993.0",
        "0.30000001192092895508",
        "-0",
        "-0.0",
        "-0e5",
        "1e-400",
        "1e400",
    ]
    said = said[: len(said) // COUNT * COUNT]
    rows = [",".join(said[at : at + COUNT]) for at in range(0, len(said), COUNT)]
    values = [PLAIN % f"[{row}]".encode() for row in rows]
    same(read_json(values, WANTED), alone(values, monkeypatch))


@needs_kernels
def test_of_many_fields_some_are_left_to_the_parser() -> None:
    """All are read alike; a text is not looked through once for each of a thousand."""
    count = packing.MOST_LIFTED + 2
    fields = tuple(PackedField(f"p{place}", place, 1) for place in range(count))
    want = Wanted("id", "t", tuple(FeatureField(f"p{place}_0", "float") for place in range(count)), fields)
    value = json.dumps({"id": "a", "t": 1} | {f"p{place}": [place] for place in range(count)}).encode()
    assert len(packing.lift_numbers(value, fields, np.zeros(count, np.float32))[1]) == packing.MOST_LIFTED
    assert read_json([value], want).matrix.tolist() == [list(range(count))]


@needs_kernels
@pytest.mark.parametrize(
    ("text", "is_lifted"),
    [
        (PLAIN % b"[1.5, 2, -3e-1]", True),
        (PLAIN % b'"1.5,2, -3e-1"', True),
        (b'{"p":[1,2,3],"id":"a","t":1}', True),
        (PLAIN % b"[1.5, 2]", False),
        (PLAIN % b"[1.5, 2, 3, 4]", False),
        (PLAIN % b"[1.5, 2, null]", False),
        (PLAIN % b'"1.5,\t2,3"', False),
        (PLAIN % (b"[1, 2, %s]" % (b"9" * 5_000)), False),
        (b'[{"p": [1, 2, 3]}]', False),
        (b'{"x": {"p": [1, 2, 3]}}', False),
        (b'{"\\u0070": [1, 2, 3]}', False),
        (b"", False),
        (b'{"p', False),
        (b'{"p":[1,2,3', False),
    ],
)
def test_what_is_plain_is_lifted(text: bytes, *, is_lifted: bool) -> None:
    """And nothing else: a test that only compares could pass where nothing ever is."""
    row = np.zeros(COUNT, np.float32)
    rest: Any = compiled.lift(text, b"p", row)
    assert (rest is not None) == is_lifted
    if is_lifted:
        assert row[1] == 2.0
        assert not json.loads(rest)["p"]
