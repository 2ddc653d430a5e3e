"""Where snapshots lie, and the profile log that they are rebuilt from."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from services.drift.keeping.snapshot import Snapshot
from stream.records import Batch, Writes

MANIFEST, CHUNK = "manifest", "chunk-"


class Kept(Protocol):
    """What Kafka keeps of one model's sidecar."""

    def state(self) -> Mapping[bytes, bytes]:
        """The latest committed value of every key of the snapshot topic. Raises Stopped."""

    def reported(self) -> int:
        """Up to which offset of the profile log something was reported, by the reports themselves; 0 without any."""

    def profiles(self, end: int) -> Iterator[Batch]:
        """The profile log from its first kept record up to `end`. Raises Stopped."""


def parts_of(model: str, state: Mapping[bytes, bytes]) -> tuple[bytes | None, dict[str, bytes]]:
    """The manifest of a model's snapshot, with whatever chunks there are."""
    before = f"{model}/{CHUNK}".encode()
    chunks = {key[len(before) :].decode(errors="replace"): v for key, v in state.items() if key.startswith(before)}
    return state.get(f"{model}/{MANIFEST}".encode()), chunks


def writes_of(model: str, topic: str, new: Snapshot, there: Mapping[str, str]) -> Writes:
    """What makes the topic hold `new`, where the chunks of these digests are `there`: the manifest comes last."""
    digests = new.digests
    changed = [name for name in sorted(new.chunks) if there.get(name) != digests[name]]
    gone = sorted(there.keys() - digests.keys())
    names = [*(f"{CHUNK}{name}" for name in (*changed, *gone)), MANIFEST]
    values = [*(new.chunks[name] for name in changed), *(None for _ in gone), new.manifest]
    keys: list[bytes | None] = [f"{model}/{name}".encode() for name in names]
    return Writes(topic=topic, values=values, keys=keys, partitions=[0] * len(keys))
