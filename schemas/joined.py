"""A labeler's profile as Kafka values, its many slices byte for byte as fastavro writes them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from schemas.profile import Head, Slice
from schemas.records import write_record
from schemas.varints import write_long, write_text

NOBODY = b"\0"
"""An array or a map of nothing; the number 0; the branch of a union that is null."""
SOMEBODY = b"\2"
SCORER = NOBODY * 10
"""What only a scorer says: marked, flagged, features, score bins, counts, sum, decisions, estimated, sum, variance."""
EXPECTED = NOBODY * 2
"""So are the classes that are expected to be true."""

_long = lru_cache(maxsize=65_536)(write_long)
_text = lru_cache(maxsize=4_096)(write_text)


def joined_values(
    head: Head, first: Mapping[str, Any], groups: Sequence[Sequence[bytes]], frame: bytes, **said: int
) -> list[bytes]:
    """One value a group of slices, each written by `joined_slice`; otherwise as `schemas.profile.profile_values`."""
    every = {**asdict(head), **said, "parts": len(groups), "ranges": [], "reasons": {}}
    values = []
    for part, group in enumerate(groups):
        own = {**every, **(first if part == 0 else {}), "part": part}
        results = own.pop("results", {})
        # The contract ends with the slices and the results: what stands before them is fastavro's.
        bare = write_record("profile", {**own, "slices": [], "results": {}}, frame)[: -len(NOBODY * 2)]
        values.append(b"".join((bare, _block(group), _counts(results))))
    return values


def joined_slice(said: Slice) -> bytes:
    """One slice of a labeler as Avro."""
    texts = (said[name] for name in ("model_version", "bundle_digest", "arm", "segment"))
    return b"".join(
        (
            _long(said["bucket"]),
            *map(_text, texts),
            _long(said["rows"]),
            SCORER,
            _matched(said["added"]),
            _matched(said["retracted"]),
            _counts(said["statuses"]),
            _long(said["excluded"]),
            _block(list(map(_long, said["delay_bins"]))),
            _block(list(map(_long, said["delay_counts"]))),
            _block(list(map(_long, said["delay_errors"]))),
            EXPECTED,
        )
    )


def _matched(said: Mapping[str, Any] | None) -> bytes:
    if said is None:
        return NOBODY
    cells = [_long(one["score_bin"]) + _text(one["label"]) + _long(one["rows"]) for one in said["cells"]]
    parts = [_long(one["index"]) + _long(one["rows"]) + _long(one["errors"]) for one in said["sixteenths"]]
    numbers = [_long(said[name]) for name in ("rows", "errors", "estimate_sum")]
    sums = [_long(said.get(name, 0)) for name in ("error_sum", "absolute_error_sum", "square_error_sum")]
    confusion = [_block(list(map(_long, said.get(name, ())))) for name in ("confusion_places", "confusion_rows")]
    return b"".join((SOMEBODY, *numbers, _block(cells), _block(parts), *sums, *confusion))


def _counts(said: Mapping[str, int]) -> bytes:
    return _block([_text(name) + _long(count) for name, count in said.items()])


def _block(items: Sequence[bytes]) -> bytes:
    """An array or a map in one block."""
    return b"".join((_long(len(items)), *items, NOBODY)) if items else NOBODY
