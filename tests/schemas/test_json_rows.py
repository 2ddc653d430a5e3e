"""JSON events are read row by row with the same marks as Avro ones."""

from pathlib import Path

import numpy as np
import pytest

from schemas.columns import ABSENT, FAULTS, NOT_FINITE, NULL, UNSEEN, WRONG_TYPE, FeatureField, Wanted
from schemas.reader import Reader
from schemas.source import DirectorySource

JSON_WANTED = Wanted(
    "id",
    "t",
    (
        FeatureField("x", "float"),
        FeatureField("n", "int"),
        FeatureField("b", "bool"),
        FeatureField("c", "category", ("UA",)),
    ),
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b'{"id": "a", "t": 1}', ""),
        (b'{"id": 12, "t": "2013-03-01T05:00:00Z"}', ""),
        (b'{"id": "a", "id": "b", "t": 1}', "bad_json"),
        (b'{"id": "a", "t": 1, "o": {"x": 1, "x": 1}}', "bad_json"),
        (b'{"id": "a", "t": 1, "o": ' + b"[" * 63 + b"]" * 63 + b"}", ""),
        (b'{"id": "a", "t": 1, "o": ' + b"[" * 64 + b"]" * 64 + b"}", "bad_json"),
        (b'{"id": "a", "t": 1, "o": [' + b"{}," * 9_997 + b"{}]}", ""),
        (b'{"id": "a", "t": 1, "o": [' + b"{}," * 9_998 + b"{}]}", "bad_json"),
        (b'{"id": "a", "t": 1, "o": "' + b"[{" * 20_000 + b'"}', ""),
        (b'{"id": "a", "t": 1, "o": "' + b'[\\"' * 20_000 + b'"}', ""),
        (b'{"id": "' + b"{" * 65 + b'"' * 100_000, "bad_json"),
        (b"\xef\xbb\xbf{}", "bad_json"),
        (b"{", "bad_json"),
        (b"\xff", "bad_json"),
        (b'["a"]', "bad_json"),
        (b'{"id": "a", "t": 1, "x": NaN}', "bad_json"),
        (b'{"id": "a", "t": 1, "x": -Infinity}', "bad_json"),
        (b"[" * 200_000, "bad_json"),
        (b'{"id": "a", "t": ' + b"9" * 5000 + b"}", "bad_json"),
        (b'{"t": 1}', "no_id"),
        (b'{"id": "", "t": 1}', "no_id"),
        (b'{"id": null, "t": 1}', "no_id"),
        (b'{"id": true, "t": 1}', "bad_value"),
        (b'{"id": "\\ud800", "t": 1}', "bad_value"),
        (b'{"id": "a"}', "no_time"),
        (b'{"id": "a", "t": null}', "no_time"),
        (b'{"id": "a", "t": 1.5}', "bad_value"),
        (b'{"id": "a", "t": true}', "bad_value"),
        (b'{"id": "a", "t": 9223372036854775808}', "bad_value"),
        (b'{"id": "a", "t": "2013-03-01"}', "bad_value"),
        (b"", "empty"),
    ],
)
def test_json_is_refused_for_what_it_is(tmp_path: Path, text: bytes, why: str) -> None:
    """Between two good rows, which stay good."""
    good = b'{"id": "good", "t": 5}'
    found = Reader(JSON_WANTED, DirectorySource(tmp_path), json=True).read([good, text, good])
    assert [FAULTS[one] for one in found.faults] == ["", why, ""]
    assert found.ids[0] == found.ids[2] == b"good"


@pytest.mark.parametrize(
    ("cells", "numbers", "flags"),
    [
        ('"x": 1.5, "n": 2, "b": true, "c": "UA"', [1.5, 2.0, 1.0, 0.0], [0, 0, 0, 0]),
        ('"x": 3, "n": 2.0, "b": false, "c": "ZZ"', [3.0, 2.0, 0.0, -1.0], [0, 0, 0, UNSEEN]),
        ('"x": null, "n": null', [np.nan] * 4, [NULL, NULL, ABSENT, ABSENT]),
        ('"x": "1", "n": 2.5, "b": 1, "c": 3', [np.nan] * 4, [WRONG_TYPE] * 4),
        ('"x": true, "n": false, "b": "true", "c": true', [np.nan] * 4, [WRONG_TYPE] * 4),
        (
            f'"x": 1e400, "n": {"9" * 400}, "b": null, "c": null',
            [np.inf, np.inf, np.nan, np.nan],
            [NOT_FINITE] * 2 + [NULL] * 2,
        ),
        ('"x": -1e39, "n": -1e400', [-np.inf, -np.inf, np.nan, np.nan], [NOT_FINITE] * 2 + [ABSENT] * 2),
    ],
)
def test_json_values_are_checked_by_kind(tmp_path: Path, cells: str, numbers: list[float], flags: list[int]) -> None:
    """The same marks as an Avro row's."""
    text = f'{{"id": "a", "t": 1, {cells}}}'.encode()
    found = Reader(JSON_WANTED, DirectorySource(tmp_path), json=True).read([text])
    np.testing.assert_array_equal(found.matrix[0], np.array(numbers, dtype=np.float32))
    assert found.flags[0].tolist() == flags
