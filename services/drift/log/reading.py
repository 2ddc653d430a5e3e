"""One record of the profile log: a profile whose head holds, with those of its slices that do, or why it is refused."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from schemas.records import RecordRefused, read_record
from services.drift.log.known import known_of
from services.drift.log.refusal import MOST_ROWS, Refused
from services.drift.log.seen import seen_of
from services.drift.log.shape import Terms
from services.drift.sums import Known, Seen

ROLES = ("scorer", "labeler")
USES = ("scored", "degraded", "rejected", "dead", "duplicate", "marks", "taken")
MOST_PARTS, MOST_REASONS, LONGEST_NAME = 4_096, 200, 200
FARTHEST = 2**62


class Key(NamedTuple):
    """Whose sums: of a model version, an arm, a segment ('' is every row)."""

    version: str
    digest: str
    arm: str
    segment: str


class Piece(NamedTuple):
    """What a slice adds to a bucket."""

    key: Key
    bucket: int
    sums: Seen | Known


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A part of a transaction's account as it was written; `ranges`, `reasons` stand in part 0."""

    role: str
    group: str
    arm: str
    session: str
    sequence: int
    part: int
    parts: int
    ranges: tuple[Mapping[str, Any], ...]
    reasons: Mapping[str, int]
    slices: tuple[Mapping[str, Any], ...]

    @property
    def owner(self) -> str:
        """Whose event time its ranges tell: each arm's scorers have one, all labelers one."""
        return f"scorer/{self.arm}" if self.role == "scorer" else "labeler"


def read_profile(value: bytes | None, terms: Terms) -> Profile:
    """The profile in a record's bytes. Raises Refused, for the record as a whole."""
    try:
        said = read_record("profile", value or b"")
    except RecordRefused as refused:
        raise Refused("unreadable", str(refused)) from refused
    names = ("role", "group", "arm", "session")
    if said["model"] != terms.model or said["role"] not in ROLES or max(len(said[n]) for n in names) > LONGEST_NAME:
        raise Refused("not_ours", f"found a {said['role'][:20]!r} of another model, expected one of {terms.model}")
    if said["bucket_micros"] != terms.bucket:
        raise Refused("bucket_width", f"found buckets of {said['bucket_micros']} µs, expected {terms.bucket}")
    if not (0 <= said["part"] < said["parts"] <= MOST_PARTS and 0 <= said["sequence"] < FARTHEST):
        raise Refused("parts", f"found part {said['part']} of {said['parts']}")
    _check(said)
    fields = (*names, "sequence", "part", "parts", "reasons")
    return Profile(**{name: said[name] for name in fields}, ranges=tuple(said["ranges"]), slices=tuple(said["slices"]))


def _check(said: Mapping[str, Any]) -> None:
    """Refuse ranges that run backwards, count below zero or too far, more reasons than there are."""
    for one in said["ranges"]:
        if not 0 <= one["from"] <= one["to"] < FARTHEST or not 0 <= one["partition"] < FARTHEST:
            raise Refused("ranges", "found a range that runs backwards")
        if any(not 0 <= one[use] <= min(MOST_ROWS, one["to"] - one["from"]) for use in USES):
            raise Refused("ranges", "found a range that counts less than nothing, or more than it holds")
        if abs(one["watermark"] or 0) >= FARTHEST or len(one["topic"]) > LONGEST_NAME:
            raise Refused("ranges", "found a range whose words are too long")
    reasons = said["reasons"]
    if len(reasons) > MOST_REASONS or any(
        not 0 <= n <= MOST_ROWS or len(name) > LONGEST_NAME for name, n in reasons.items()
    ):
        raise Refused("ranges", "found reasons that count less than nothing, or too many")


def pieces_of(profile: Profile, terms: Terms) -> Iterator[Piece | Refused]:
    """What each slice adds, or why it adds nothing."""
    for one in profile.slices:
        try:
            yield _piece(profile, one, terms)
        except Refused as refused:
            yield refused


def _piece(profile: Profile, said: Mapping[str, Any], terms: Terms) -> Piece:
    shape = terms.shapes.get(said["bundle_digest"])
    if shape is None or shape.version != said["model_version"]:
        raise Refused("unknown_version", "found a bundle that this sidecar was not given")
    if said["segment"] not in shape.segments:
        raise Refused("segment", "found a segment that the contract does not name")
    if said["bucket"] % terms.bucket or abs(said["bucket"]) >= FARTHEST:
        raise Refused("bucket", f"found a bucket at {said['bucket']}")
    if len(said["arm"]) > LONGEST_NAME or (profile.role == "scorer" and said["arm"] != profile.arm):
        raise Refused("arms", "found a slice of another arm than its writer's")
    key = Key(shape.version, shape.digest, said["arm"], said["segment"])
    return Piece(key, said["bucket"], seen_of(said, shape) if profile.role == "scorer" else known_of(said, shape))
