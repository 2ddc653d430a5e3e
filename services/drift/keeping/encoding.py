"""Sums and the state around them as plain JSON, and back: numbers by name, arrays as the places that hold something."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from services.drift.core import Movement
from services.drift.log.known import nothing_known
from services.drift.log.reading import Key
from services.drift.log.seen import nothing_seen
from services.drift.log.serving import nothing_served
from services.drift.log.shape import Terms
from services.drift.sums import Known, Seen, Served, Sums

Entry = list[Any]
"""version, digest, arm, segment, bucket, seen | known | served, sums."""


class StateRefused(ValueError):
    """A snapshot is not one that can be gone on from; the message says why."""


def entries_of(movement: Movement) -> list[Entry]:
    """Every bucket that waits, in one order."""
    cutting = movement.cutting
    return [
        [*key, at, kind, plain(sums)]
        for kind, of in (("seen", cutting.seen), ("known", cutting.known), ("served", cutting.served))
        for key, at, sums in of
    ]


def plain(sums: Sums) -> dict[str, Any]:
    """Sums as JSON; zeros are left out."""
    found: dict[str, Any] = {}
    for one in fields(sums):  # type: ignore[arg-type]  # every subclass is a dataclass
        value = getattr(sums, one.name)
        if isinstance(value, np.ndarray):
            flat = value.reshape(-1)
            places = np.flatnonzero(flat)
            value = [places.tolist(), flat[places].tolist()] if len(places) else None
        elif isinstance(value, Counter):
            value = {name: n for name, n in value.items() if n}
        if value:
            found[one.name] = value
    return found


def fill(movement: Movement, entries: list[Entry], terms: Terms) -> None:
    """Put buckets back. Raises StateRefused for one of a bundle that is not known."""
    for version, digest, arm, segment, at, kind, said in entries:
        key, shape = Key(version, digest, arm, segment), terms.shapes.get(digest)
        if shape is None:
            raise StateRefused(f"holds sums of version {version}, whose bundle was not given")
        if kind == "seen":
            movement.cutting.seen.add(key, at, Seen(**_full(nothing_seen(shape), said)))
        elif kind == "known":
            movement.cutting.known.add(key, at, Known(**_full(nothing_known(shape), said)))
        else:
            movement.cutting.served.add(key, at, Served(**_full(nothing_served(), said)))


def _full(nothing: Sums, said: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for one in fields(nothing):  # type: ignore[arg-type]  # as above
        value, there = getattr(nothing, one.name), said.get(one.name)
        if there is not None and isinstance(value, np.ndarray):
            value.reshape(-1)[there[0]] = there[1]
        elif there is not None:
            value = Counter(there) if isinstance(value, Counter) else there
        found[one.name] = value
    return found
