"""The sidecar's movement: profile records in, windows to be judged out, the same however the log was read."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from services.drift.cutting import Cutting, Due
from services.drift.log.arrivals import Arrivals
from services.drift.log.closing import DAY, NEVER, Clocks
from services.drift.log.reading import Key, Piece, Profile, pieces_of, read_profile
from services.drift.log.refusal import Refused
from services.drift.log.serving import Serving, served_of
from services.drift.log.shape import Terms
from services.drift.log.windows import Rule
from services.drift.sums import Seen

MOST_KEYS = 64
LABELERS = "labeler"
PATIENCE = 7 * DAY
"""Where no labeler is there, cohorts are judged so long after their horizon with the labels there are."""


class Taken(NamedTuple):
    """What a record led to: windows to be judged, in order; reasons by how often; why it is to be set aside, if so."""

    due: list[Due]
    reasons: Counter[str]
    late_rows: int
    refused: Refused | None


class Movement:
    """Everything that is remembered of a profile log that was read up to some offset."""

    def __init__(self, terms: Terms, rule: Rule) -> None:
        self._terms = terms
        self.cutting = Cutting(terms, rule)
        self.clocks = Clocks(is_wall=terms.is_wall, max_ahead=terms.max_ahead)
        self.arrivals, self.serving = Arrivals(), Serving(terms)
        self.closed: dict[str, int] = {}
        self.ripe: dict[str, int] = {}
        self._late = 0

    def take(self, value: bytes | None, *, offset: int, stamp: int) -> Taken:
        """Read the record at `offset`, appended at `stamp` (ms)."""
        counts = Counter[str]()
        self._late = 0
        self.clocks.tick(stamp)
        try:
            profile = read_profile(value, self._terms)
            ranges, is_whole = self.arrivals.take(profile, counts)
        except Refused as refused:
            return Taken(self._due(offset), Counter({refused.reason: 1}), 0, refused)
        with suppress(Refused):
            self._serve(profile, offset)
        latest = self.clocks.highest(profile.owner, profile.group, ranges) + DAY
        for piece in pieces_of(profile, self._terms):
            try:
                self._add(piece, latest, offset)
            except Refused as refused:
                counts[refused.reason] += 1
        if is_whole:
            self.clocks.hear(profile.owner, profile.group, ranges)
        return Taken(self._due(offset), +counts, self._late, None)

    def _serve(self, profile: Profile, offset: int) -> None:
        if profile.role != "scorer":
            return
        key, inputs = self.serving.key(profile.arm), self.cutting.inputs
        for bucket, served in served_of(profile.ranges, profile.reasons, self._terms.bucket):
            if bucket >= inputs.end(key) and served.scored + served.degraded + served.rejected + served.dead:
                self._room_for(key)
                inputs.hears(key, offset)
                self.cutting.served.add(key, bucket, served)

    def _add(self, piece: Piece | Refused, latest: int, offset: int) -> None:
        """Add a slice to its bucket, unless that is judged. Raises Refused."""
        if isinstance(piece, Refused):
            raise piece
        if piece.bucket > latest:
            raise Refused("future", "found a bucket more than a day ahead of the log")
        whole, cutting = piece.key._replace(segment=""), self.cutting
        self._room_for(whole)
        is_seen = isinstance(piece.sums, Seen)
        standing = cutting.inputs if is_seen else cutting.cohorts
        is_late = piece.bucket < standing.end(whole)
        standing.hears(piece.key, offset, late=piece.sums.rows if is_late else 0)
        if is_late:
            self._late += 0 if piece.key.segment else piece.sums.rows
        elif isinstance(piece.sums, Seen):
            cutting.cohorts.hears(piece.key, offset)
            cutting.seen.add(piece.key, piece.bucket, piece.sums)
            self.serving.sees(piece.key)
        else:
            cutting.known.add(piece.key, piece.bucket, piece.sums)

    def _room_for(self, key: Key) -> None:
        """Of no more than so many versions and arms are there sums: whoever makes them up is forgotten first."""
        known = self.cutting.whose()
        if key not in known and len(known) >= MOST_KEYS:
            self.serving.forget(self.cutting.evict().arm)

    def _due(self, offset: int) -> list[Due]:
        """The windows that end because event time has come further, or because silence lets it."""
        width, horizon = self._terms.bucket, self._terms.horizon
        heard = self.clocks.reached(LABELERS)
        labelled = heard - horizon
        arms = {key.arm for key in self.cutting.whose()}
        closed, ripe = dict[str, int](), dict[str, int]()
        for arm in arms:
            at = self.clocks.reached(f"scorer/{arm}")
            closed[arm] = floor(at, width)
            known = max(labelled, at - horizon - PATIENCE) if self.clocks.is_gone(LABELERS) else labelled
            ripe[arm] = floor(min(at, known), width)
        if (closed, ripe) == (self.closed, self.ripe):
            return []
        self.closed, self.ripe = closed, ripe
        return self.cutting.due(closed, ripe, offset, labelled=heard)

    def oldest(self) -> int | None:
        """How long, µs of event time, the oldest bucket that waits has been behind the scorers' time."""
        first = self.cutting.seen.first()
        furthest = max(self.closed.values(), default=NEVER)
        return None if first is None or furthest == NEVER else max(0, furthest - first)

    def state(self) -> dict[str, Any]:
        """All of it but the buckets, JSON-able."""
        return {
            "clocks": self.clocks.state(), "arrivals": self.arrivals.state(), "serving": self.serving.state(),
            "inputs": self.cutting.inputs.state(), "cohorts": self.cutting.cohorts.state(),
            "closed": self.closed, "ripe": self.ripe,
        }  # fmt: skip

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state, the buckets apart."""
        for name in ("clocks", "arrivals", "serving"):
            getattr(self, name).restore(state[name])
        for name in ("inputs", "cohorts"):
            getattr(self.cutting, name).restore(state[name])
        self.closed, self.ripe = dict(state["closed"]), dict(state["ripe"])


def floor(at: int, width: int) -> int:
    """The bucket that `at` lies in begins here; what lies before it is closed. NEVER stays."""
    return NEVER if at <= NEVER // 2 else at - at % width
