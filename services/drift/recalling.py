"""Where a sidecar goes on: from the snapshot of its last commit, else from the profile log's first kept record."""

from collections.abc import Sequence
from typing import NamedTuple

from services.drift.keeping.encoding import StateRefused
from services.drift.keeping.kept import parts_of
from services.drift.keeping.snapshot import Snapshot, manifest_of
from services.drift.kit import Kit
from services.drift.remembering import Remembered
from services.drift.sight import Sight
from stream.records import Place, Start

TELL_EVERY = 200
FORM = "s1:"
"""What stands before a snapshot's name in the metadata of its offset."""


class Recalled(NamedTuple):
    """What is remembered at the start of an assignment, as it is kept; the chunks that the topic holds.

    `is_written`: the topic holds this very snapshot.
    """

    remembered: Remembered
    snapshot: Snapshot
    there: dict[str, str]
    is_written: bool


def recall(kit: Kit, start: Start, sight: Sight) -> Recalled:
    """What a sidecar that begins at `start` remembers. Raises Stopped."""
    manifest, chunks = parts_of(kit.topics.model, kit.kept.state())
    remembered = Remembered(kit)
    if manifest is None and not start.metadata and not kit.kept.reported():
        return Recalled(remembered, remembered.snapshot(start.offset), dict.fromkeys(chunks, ""), is_written=False)
    try:
        offset = remembered.restore(manifest, chunks)
        snapshot = remembered.snapshot(offset)
        _same(snapshot, start)
    except StateRefused as refused:
        sight.rebuilds(f"the snapshot cannot be gone on from: {refused}; the profile log is read again")
        rebuilt = rebuild(kit, start.offset, sight)
        return Recalled(rebuilt, rebuilt.snapshot(start.offset), dict.fromkeys(chunks, ""), is_written=False)
    return Recalled(remembered, snapshot, snapshot.digests, is_written=True)


def resumed(kit: Kit, places: Sequence[Place]) -> dict[Place, int]:
    """Where a group whose offset is gone goes on: where its snapshot stands, else behind what it reported."""
    manifest, _ = parts_of(kit.topics.model, kit.kept.state())
    try:
        at = int(manifest_of(manifest)["offset"])
    except StateRefused:
        at = kit.kept.reported()
    return dict.fromkeys(places, at) if at else {}


def _same(snapshot: Snapshot, start: Start) -> None:
    """Refuse a snapshot that another commit wrote."""
    if snapshot.offset != start.offset:
        raise StateRefused(f"it stands at offset {snapshot.offset}, the group at {start.offset}")
    if start.metadata and start.metadata != FORM + snapshot.name:
        raise StateRefused("it is not the one that was committed with the group's offset")


def rebuild(kit: Kit, end: int, sight: Sight) -> Remembered:
    """What the profile log up to `end` comes to; its windows are judged, and nothing is said of them again."""
    remembered = Remembered(kit)
    for batch in kit.kept.profiles(end):
        for row in range(len(batch)):
            remembered.judge(remembered.take(batch, row).due)
            if row % TELL_EVERY == 0:
                sight.rebuilding(int(batch.offsets[row]) / max(1, end))
    sight.rebuilding(1.0)
    return remembered
