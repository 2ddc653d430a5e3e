"""The snapshot as records: chunks of canonical JSON, compressed, then a manifest that names each chunk's digest.

Format 1. A chunk is zlib over JSON with sorted keys; chunk `core` holds everything but the buckets, the others buckets
that lie near each other in time, so that of a log that goes on few chunks change. The manifest is JSON: format, offset
up to which the profile log is in it, the chunks' SHA-256, its own SHA-256 over all that.
"""

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.drift.keeping.encoding import Entry, StateRefused

FORMAT = 1
CORE = "core"
NEAR = 16
"""So many buckets in a row share a chunk."""
CHUNKS = 4_096
"""The numbers of chunks go round, so that their names are few."""
MOST_BYTES = 500_000
LARGEST = 2**30


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Encoded: chunks by name, the manifest, the offset that it holds the profile log up to."""

    offset: int
    chunks: Mapping[str, bytes]

    @property
    def digests(self) -> dict[str, str]:
        """The SHA-256 of each chunk."""
        return {name: hashlib.sha256(data).hexdigest() for name, data in self.chunks.items()}

    @property
    def manifest(self) -> bytes:
        """What stands last in a transaction, and says what is to be read."""
        said = {"format": FORMAT, "offset": self.offset, "chunks": self.digests}
        return canonical({**said, "sha256": hashlib.sha256(canonical(said)).hexdigest()})

    @property
    def name(self) -> str:
        """What travels with the committed offset: which snapshot is its own."""
        return hashlib.sha256(self.manifest).hexdigest()[:16]

    @property
    def size(self) -> int:
        """Bytes of all of it."""
        return len(self.manifest) + sum(map(len, self.chunks.values()))


def encode(offset: int, core: Mapping[str, Any], entries: list[Entry], width: int) -> Snapshot:
    """The snapshot of a state up to `offset`; `width` is that of a bucket, µs."""
    near: dict[str, list[Entry]] = {}
    for entry in entries:
        near.setdefault(str(entry[4] // (width * NEAR) % CHUNKS), []).append(entry)
    chunks = {CORE: packed(core)}
    for name, mine in near.items():
        chunks |= _cut(name, mine)
    return Snapshot(offset=offset, chunks=chunks)


def _cut(name: str, entries: list[Entry]) -> dict[str, bytes]:
    """One chunk, or as many as its size asks for."""
    data = packed(entries)
    if len(data) <= MOST_BYTES or len(entries) == 1:
        return {name: data}
    half = len(entries) // 2
    return {**_cut(f"{name}a", entries[:half]), **_cut(f"{name}b", entries[half:])}


def decode(manifest: bytes | None, chunks: Mapping[str, bytes]) -> tuple[int, dict[str, Any], list[Entry]]:
    """The offset, the core and the buckets of a snapshot. Raises StateRefused, whatever is wrong with it."""
    said = manifest_of(manifest)
    for name, digest in said["chunks"].items():
        found = chunks.get(name)
        if found is None:
            raise StateRefused(f"chunk {name} is missing")
        if hashlib.sha256(found).hexdigest() != digest:
            raise StateRefused(f"chunk {name} is not the one that its manifest names")
    try:
        core = dict(unpacked(chunks[CORE]))
        entries = [entry for name in sorted(said["chunks"]) if name != CORE for entry in unpacked(chunks[name])]
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise StateRefused(f"a chunk cannot be read: {type(error).__name__}") from error
    return said["offset"], core, entries


def manifest_of(manifest: bytes | None) -> dict[str, Any]:
    """What a manifest says. Raises StateRefused for none, one of another format, one whose checksum is wrong."""
    if manifest is None:
        raise StateRefused("there is none")
    try:
        said = dict(json.loads(manifest))
        digest = said.pop("sha256")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise StateRefused(f"its manifest cannot be read: {type(error).__name__}") from error
    if said.get("format") != FORMAT:
        raise StateRefused(f"found format {said.get('format')!r}, expected {FORMAT}")
    if digest != hashlib.sha256(canonical(said)).hexdigest():
        raise StateRefused("the checksum of its manifest is wrong")
    return said


def canonical(said: object) -> bytes:
    """JSON in one spelling."""
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def packed(said: object) -> bytes:
    """A chunk's bytes."""
    return zlib.compress(canonical(said), 6)


def unpacked(data: bytes) -> Any:
    """What a chunk says; never more than a gibibyte of it."""
    reader = zlib.decompressobj()
    text = reader.decompress(data, LARGEST)
    if reader.unconsumed_tail or not reader.eof:
        raise ValueError("a chunk that was cut, or is too large")
    return json.loads(text)
