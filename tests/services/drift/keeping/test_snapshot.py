"""Snapshots: what was written once is readable for ever, what is torn or changed is never gone on from."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.drift.core import Movement
from services.drift.keeping.encoding import StateRefused, entries_of, fill, plain
from services.drift.keeping.kept import parts_of, writes_of
from services.drift.keeping.snapshot import MOST_BYTES, Snapshot, canonical, decode, encode
from services.drift.log.windows import Rule
from tests.services.drift.profiles import MINUTE, Record, history, shape, terms

GOLDEN = Path(__file__).parent / "golden"
TERMS = terms(shape("1"), shape("2"))
RULE = Rule(bucket=15 * MINUTE, target=2_000)
RECORDS = list(history(TERMS, hours=12, rows=150))
HALF = 61


def ran(movement: Movement, records: list[Record], start: int = 0) -> list[str]:
    """Digests of the windows, in order."""
    found = []
    for offset, one in enumerate(records, start):
        for due in movement.take(one.value, offset=offset, stamp=one.stamp).due:
            window: Any = due.window
            sums = [plain(window.seen), *(plain(part) for part in window.parts), window.start, window.end, *due[1:]]
            found.append(hashlib.sha256(canonical(sums)).hexdigest()[:16])
    return found


def half() -> tuple[Movement, Snapshot]:
    """Half of the history read, and kept."""
    movement = Movement(TERMS, RULE)
    ran(movement, RECORDS[:HALF])
    return movement, encode(HALF, {"movement": movement.state()}, entries_of(movement), TERMS.bucket)


def restored(manifest: bytes | None, chunks: dict[str, bytes]) -> tuple[int, Movement]:
    """A movement that goes on from a snapshot."""
    offset, core, entries = decode(manifest, chunks)
    movement = Movement(TERMS, RULE)
    movement.restore(core["movement"])
    fill(movement, entries, TERMS)
    return offset, movement


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_every_snapshot_ever_written_is_gone_on_from(path: Path) -> None:
    """To the windows that followed it then."""
    said = json.loads(path.read_text(encoding="utf-8"))
    chunks = {name: base64.b64decode(data) for name, data in said["chunks"].items()}
    offset, movement = restored(said["manifest"].encode(), chunks)
    assert ran(movement, RECORDS[offset:], offset) == said["windows"]


def test_there_is_a_golden_one() -> None:
    """Of each format."""
    assert [path.stem for path in sorted(GOLDEN.glob("*.json"))] == ["format-1"]


def test_kept_and_restored_is_the_same() -> None:
    """The next windows, and the next snapshot, byte for byte."""
    movement, kept = half()
    offset, again = restored(kept.manifest, dict(kept.chunks))
    assert encode(offset, {"movement": again.state()}, entries_of(again), TERMS.bucket).chunks == kept.chunks
    rest = ran(again, RECORDS[HALF:], HALF)
    assert rest == ran(movement, RECORDS[HALF:], HALF)
    assert len(rest) > 5


def test_of_a_log_that_goes_on_few_chunks_are_written_again() -> None:
    """What did not change stays; what is gone is taken away; the manifest comes last."""
    movement, kept = half()
    there = {**kept.digests, "7": "gone"}
    assert list(writes_of("m", "t", kept, there).keys) == [b"m/chunk-7", b"m/manifest"]
    first = writes_of("m", "t", kept, {})
    state = {key: value for key, value in zip(first.keys, first.values, strict=True) if key and value}
    assert parts_of("m", state) == (kept.manifest, kept.chunks)
    assert first.keys[-1] == b"m/manifest"
    ran(movement, RECORDS[HALF : HALF + 1], HALF)
    new = encode(HALF + 1, {"movement": movement.state()}, entries_of(movement), TERMS.bucket)
    assert len(writes_of("m", "t", new, kept.digests).keys) < len(new.chunks) + 1


def test_a_large_chunk_is_cut() -> None:
    """No record is larger than a topic takes; all of it comes back."""
    entries = [["1", "d", "a", "", 0, "seen", {"text": hashlib.sha512(b"%d" % n).hexdigest() * 40}] for n in range(400)]
    noise = [[*one[:6], {"text": base64.b64encode(hashlib.shake_256(b"%d" % n).digest(5_000)).decode()}]
             for n, one in enumerate(entries)]  # fmt: skip
    kept = encode(5, {}, noise, TERMS.bucket)
    assert len(kept.chunks) > 2
    assert max(map(len, kept.chunks.values())) <= MOST_BYTES
    assert sorted(map(repr, decode(kept.manifest, kept.chunks)[2])) == sorted(map(repr, noise))


MOVEMENT, KEPT = half()


@given(st.sampled_from(sorted(KEPT.chunks)), st.integers(0, 10_000), st.integers(1, 255))
def test_a_byte_that_changed_is_seen(name: str, at: int, by: int) -> None:
    """In any chunk, and in the manifest."""
    data = bytearray(KEPT.chunks[name])
    data[at % len(data)] ^= by
    with pytest.raises(StateRefused, match=f"chunk {name}"):
        decode(KEPT.manifest, {**KEPT.chunks, name: bytes(data)})
    text = bytearray(KEPT.manifest)
    text[at % len(text)] ^= by
    with pytest.raises(StateRefused):
        decode(bytes(text), KEPT.chunks)


@given(st.binary(max_size=60) | st.none())
def test_what_is_no_manifest_is_refused(data: bytes | None) -> None:
    """Whatever it is."""
    with pytest.raises(StateRefused):
        decode(data, KEPT.chunks)


@pytest.mark.parametrize("text", ["[]", "1", "null", '{"sha256": 1}', '{"format": 2, "sha256": ""}', "[" * 100_000])
def test_json_that_is_no_manifest_is_refused(text: str) -> None:
    """Nor does it kill."""
    with pytest.raises(StateRefused):
        decode(text.encode(), {})


def test_sums_of_a_bundle_that_is_not_known_are_refused() -> None:
    """The version is named."""
    with pytest.raises(StateRefused, match="version 9, whose bundle was not given"):
        fill(Movement(TERMS, RULE), [["9", "d", "champion", "", 0, "seen", {}]], TERMS)
