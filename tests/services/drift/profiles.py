"""Profiles made up: what scorers and labelers would write of a history, value by value, with the broker's stamps."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.framing import frame
from schemas.profile import MICRO, Head, profile_values
from services.drift.log.shape import Shape, Terms

START = 1_362_096_000_000_000
MINUTE = 60_000_000
HOUR = 60 * MINUTE
PREFIX = frame(1)


class Record(NamedTuple):
    """A record of the profile log: its bytes, its append time in ms."""

    value: bytes
    stamp: int


def shape(version: str = "1", *, features: int = 3, bins: int = 4, scores: int = 5) -> Shape:
    """A binary model's."""
    return Shape(
        version=version,
        digest=version * 64,
        bins=np.array([bins - place % 2 for place in range(features)], np.int64),
        scores=scores,
        decisions=frozenset({"false", "true"}),
        labels={"false": 0, "true": 1},
        segments=frozenset({"", "carrier=AA", "carrier=other"}),
    )


def terms(*shapes: Shape, bucket: int = 15 * MINUTE, horizon: int = 2 * HOUR, is_wall: bool = False) -> Terms:
    """What holds for a model called tiny."""
    mine = shapes or (shape(),)
    return Terms(
        model="tiny", shapes={one.digest: one for one in mine}, bucket=bucket, horizon=horizon,
        max_ahead=10 * MINUTE, is_wall=is_wall,
    )  # fmt: skip


@dataclass
class Writer:
    """One process that writes profiles; a range a partition follows the last."""

    terms: Terms
    role: str = "scorer"
    arm: str = "champion"
    session: str = "s"
    group: str = ""
    sequence: int = 0
    ends: dict[tuple[str, int], int] = field(default_factory=dict)

    def range(self, topic: str, partition: int, read: int, watermark: int | None, **other: int) -> dict[str, Any]:
        """Of so many records, all of one use."""
        begins = self.ends.get((topic, partition), 0)
        self.ends[topic, partition] = begins + read
        use = {"scored" if self.role == "scorer" else "taken": read}
        said = {"topic": topic, "partition": partition, "from": begins, "to": begins + read, "absent": 0}
        return {**said, **use, "watermark": watermark, **other}

    def values(
        self, ranges: Sequence[Mapping[str, Any]], slices: Sequence[Mapping[str, Any]] = (), parts: int = 1, **head: Any
    ) -> list[bytes]:
        """The parts of one transaction's profile."""
        said = {
            "role": self.role, "group": self.group or f"tiny.{self.role}",
            "arm": self.arm if self.role == "scorer" else "",
            "writer": f"{self.role}-0", "session": self.session, "model": self.terms.model,
            "bucket_micros": self.terms.bucket, **head,
        }  # fmt: skip
        groups = [list(slices[part::parts]) for part in range(parts)]
        first = {"ranges": list(ranges), "reasons": {"missing": 1}}
        values = profile_values(Head(**said), first, groups, PREFIX, sequence=self.sequence, written_at=0)  # type: ignore[arg-type]  # plain dicts
        self.sequence += 1
        return values


def scored(
    shape: Shape, bucket: int, rows: int, chance: np.random.Generator, *, arm: str = "champion", segment: str = ""
) -> dict[str, Any]:
    """A scorer's slice."""
    scores = chance.multinomial(rows, np.full(shape.scores, 1 / shape.scores))
    right = int(scores[shape.scores // 2 :].sum())
    expected = rows * 850_000
    return {
        "bucket": bucket, "model_version": shape.version, "bundle_digest": shape.digest, "arm": arm,
        "segment": segment, "rows": rows, "marked": rows // 50, "flagged": rows // 100,
        "features": [] if segment else [feature(place, int(n), rows, chance) for place, n in enumerate(shape.bins)],
        **sparse("score", scores), "score_sum": rows * MICRO // 2, "decisions": {"true": right, "false": rows - right},
        "estimated": rows, "estimate_sum": expected, "estimate_variance": rows * 100_000,
    }  # fmt: skip


def feature(place: int, bins: int, rows: int, chance: np.random.Generator) -> dict[str, Any]:
    """One feature's counts: a few rows missing, the others over its bins."""
    missing = rows // 40
    counts = chance.multinomial(rows - missing, np.full(bins, 1 / bins))
    found = np.flatnonzero(counts)
    return {
        "feature": place, "missing": missing, "unseen": 0, "bins": found.tolist(), "counts": counts[found].tolist(),
        "sum": int(chance.normal() * rows * 1000), "square": rows * MICRO,
    }  # fmt: skip


def sparse(name: str, counts: NDArray[np.int64]) -> dict[str, list[int]]:
    """Where there is something, and how much."""
    found = np.flatnonzero(counts)
    return {f"{name}_bins": found.tolist(), f"{name}_counts": counts[found].tolist()}


def joined(
    shape: Shape, bucket: int, rows: int, chance: np.random.Generator, *, arm: str = "champion", segment: str = ""
) -> dict[str, Any]:
    """A labeler's slice."""
    bins, labels = chance.integers(0, shape.scores, rows), chance.integers(0, 2, rows)
    cells = Counter(zip(bins.tolist(), labels.tolist(), strict=True))
    places, wrong = chance.integers(0, 16, rows), chance.random(rows) < 0.15
    names = list(shape.labels)
    sixteenths = [
        {"index": index, "rows": int((places == index).sum()), "errors": int(wrong[places == index].sum())}
        for index in range(16)
    ]
    matched = {
        "rows": rows, "errors": int(wrong.sum()), "estimate_sum": rows * 850_000,
        "cells": [{"score_bin": b, "label": names[k], "rows": n} for (b, k), n in sorted(cells.items())],
        "sixteenths": [one for one in sixteenths if one["rows"]],
    }  # fmt: skip
    return {
        "bucket": bucket, "model_version": shape.version, "bundle_digest": shape.digest, "arm": arm,
        "segment": segment, "rows": rows, "added": matched, "retracted": None,
        "statuses": {"matched": rows, "closed": rows}, "excluded": 0, "delay_bins": [11], "delay_counts": [rows],
    }  # fmt: skip


def history(
    said: Terms, *, hours: int = 24, rows: int = 150, seed: int = 1, every: int = 15 * MINUTE, delay: int = HOUR
) -> Iterator[Record]:
    """A calm history of two partitions: a profile of the scorer and one of the labeler every so often, event time.

    From half of it on the last of several versions is served. Every twentieth profile comes in two parts, and every
    tenth an hour late. It ends with marks that are far ahead.
    """
    chance, shapes = np.random.default_rng(seed), list(said.shapes.values())
    scorer, labeler = Writer(said, session="scorer"), Writer(said, role="labeler", session="labeler")
    stamp = 1_000_000
    for turn in range(hours * HOUR // every):
        now = START + turn * every
        stamp += 1_000
        mine = shapes[-1 if turn * every * 2 >= hours * HOUR else 0]
        yield from (Record(value, stamp) for value in _scorer(scorer, mine, now, rows, chance, turn))
        if now - delay >= START:
            yield from (Record(value, stamp + 1) for value in _labeler(labeler, mine, now, rows, chance, delay))
    far = START + hours * HOUR + 30 * 24 * HOUR
    yield from (Record(value, stamp + 2) for value in ending(scorer, ["f"], far))
    yield from (Record(value, stamp + 2) for value in ending(labeler, ["p", "l"], far))


def _scorer(writer: Writer, shape: Shape, now: int, rows: int, chance: np.random.Generator, turn: int) -> list[bytes]:
    bucket = now - now % writer.terms.bucket - (HOUR if turn % 10 == 8 else 0)
    slices = [
        scored(shape, bucket, rows, chance),
        *(scored(shape, bucket, rows // 2, chance, segment=name) for name in sorted(shape.segments) if name),
    ]
    ranges = [writer.range("f", partition, rows // 2, now) for partition in (0, 1)]
    return writer.values(ranges, slices, parts=1 + (turn % 20 == 19))


def _labeler(writer: Writer, shape: Shape, now: int, rows: int, chance: np.random.Generator, delay: int) -> list[bytes]:
    bucket = (now - delay) - (now - delay) % writer.terms.bucket
    ranges = [writer.range(topic, partition, rows // 2, now) for topic in ("p", "l") for partition in (0, 1)]
    return writer.values(ranges, [joined(shape, bucket, rows, chance)])


def ending(writer: Writer, topics: Sequence[str], at: int) -> list[bytes]:
    """A mark on every partition."""
    ranges = [writer.range(topic, p, 1, at, marks=1, scored=0, taken=0) for topic in topics for p in (0, 1)]
    return writer.values(ranges)
