"""Numbers at the edges of JSON, and what may stand around them, are to the kernel what they are to Python's parser."""

import math
import random
from fractions import Fraction

import pytest

from schemas.json_rows import read_json
from tests.kernels.lifting import PLAIN, WANTED, alone, needs_kernels, same

NINES, NOUGHTS = "9" * 400, "0" * 390
SPELLED = (
    "-0 -0.0 -0e5 0e99999 01 -01 00 0. 1. .5 - +1 --1 1e 1e+ 1E05 1e1e1 1.5.5 0x1 1_0 NaN -Infinity inf null [1] {}"
)
HARDLY = [
    *SPELLED.split(),
    *(
        "1 2",
        "1\0",
        "1\u00a02",
        "1\v",
        "1e400",
        "-1e400",
        "1e4000",
        "1e-4001",
        "1e00000000005",
        "2.4e-324",
        "3.4028236e38",
    ),
    *(NINES, f"9{NINES}", "9" * 4_301, f"0.{NOUGHTS}1", f"1{NOUGHTS}e-390", "18446744073709551616", "0" * 9),
    *("1e9223372036854775808", "1e-9223372036854775808"),
]
"""What is a number, or not, at the edges of a grammar, of a type, or of what Python reads."""
PLACED = b'"p": [1, 2, 3]'
AROUND = [
    *(
        b'%s, "\\u0070": [4]',
        b'"\\u0070": [4], %s',
        b'%s, "p": "1,2,3"',
        b"%s, %s",
        b'"x": {"p": [4]}, %s',
        b'"pp": [4, 5, 6], %s',
    ),
    *(b'"x": "\\"p\\": [4]", %s', b'"x\\\\": 1, %s', b'"x": "a"b", %s', b'"x": "\\u00", %s', b'"x": "\\ud800", %s'),
    *(
        b'"x": "\xff", %s',
        b'%s, "x": "\xff"',
        b'"x": "\0", %s',
        b"%s\0",
        b'"x": "\n", %s',
        b"/**/ %s",
        b"%s,",
        b"%s %s",
    ),
    *(
        b'"x": 1}], %s',
        b'"x": ]1, %s',
        b'"x": [1, 2}, %s',
        b'"x": NaN, %s',
        b'%s, "x": NaN',
        b'"x": tru, %s',
        b'"x":, %s',
    ),
    *(b'"x": %s, %%s' % (b"[" * 70 + b"]" * 70), b'"x": %s, %%s' % (b"9" * 4_301)),
]
"""What may stand beside the field, or be broken there."""


def above_a_tie(chance: random.Random) -> str:
    """A decimal that lies a little above halfway between two doubles, of which one is halfway between two floats.

    Who rounds it to eighty bits first may take it for the middle, and then for the wrong float.
    """
    even = (1 << 22 | chance.getrandbits(22)) * 2
    middle = (2 * even + 1 + Fraction(1, 2**29)) * Fraction(2) ** chance.randint(-140, 100)
    tens = next(tens for tens in range(-25, 61) if middle * Fraction(10) ** tens >= 10**18)
    return f"{math.floor(middle * Fraction(10) ** tens) + 1}e{-tens}"


@needs_kernels
def test_no_decimal_is_rounded_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The nearest float is that of the nearest double, however near another one is."""
    chance = random.Random(12)
    values = [PLAIN % f"[{above_a_tie(chance)}, 2, 3]".encode() for _ in range(600)]
    same(read_json(values, WANTED), alone(values, monkeypatch))


@needs_kernels
@pytest.mark.parametrize("place", ["[%s, 2, 3]", "[1, 2, %s]", "[1, %s\t, 3]", '"%s,2,3"', '"1,2, %s "'])
def test_what_is_hardly_a_number_is_one_to_both_or_to_neither(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each spelling wherever a number may stand."""
    values = [PLAIN % (place % one).encode() for one in HARDLY]
    same(read_json(values, WANTED), alone(values, monkeypatch))


@needs_kernels
def test_what_stands_around_the_field_is_judged_as_without_lifting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that are the same behind escapes, strings and brackets that do not end, text cut at every place."""
    events = [b'{"id": "a", "t": 1, "a": 0.5, %s, "z": 2.5}' % one.replace(b"%s", PLACED) for one in (*AROUND, b"%s")]
    cut = [events[-1][:end] for end in range(len(events[-1]))]
    values = [*events, *cut, b"\xef\xbb\xbf" + events[-1], b"\0" + events[-1], events[-1] + b"]", events[-1] + b" \0"]
    same(read_json(values, WANTED), alone(values, monkeypatch))
