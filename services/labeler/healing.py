"""Brings a pair of the waiting room to what the group has committed, by folding again what it lacks (decision 0013)."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Protocol

import numpy as np

from schemas.records import RecordRefused, read_record
from services.labeler.intake import Intake
from services.labeler.joining import Joining
from services.labeler.keeping import Own
from services.labeler.kit import Kit
from services.labeler.notes import without_turn
from services.labeler.room.room import Change, Room, State
from services.labeler.words import Words
from stream.faults import Stopped
from stream.records import Batch, Place
from stream.watermark import NEVER, Watermark, advance, from_metadata, to_metadata

TOGETHER = 2_000
NEEDED = ("event_id", "model_version", "arm", "status", "seq")


class Kept(Protocol):
    """What Kafka keeps, read outside of any group."""

    def edges(self, places: Sequence[Place]) -> Mapping[Place, tuple[int, int]]:
        """The first offset that is kept of each place, where it ends."""

    def read(self, place: Place, start: int, end: int) -> Iterator[Batch]:
        """Committed records in [start, end)."""


class Healing:
    """Folds in silence: nothing is written to Kafka, and folding twice changes nothing."""

    def __init__(self, kit: Kit, room: Room, kept: Kept, *, beat: Callable[[int, float], None]) -> None:
        self._kit, self._room, self._kept, self._beat = kit, room, kept, beat
        self._words, self._healed = Words(self._word), (-1, -1)
        self._intake = Intake(kit, self._words)

    def __call__(self, pair: int, state: State, own: Own) -> Own:
        """The pair as it is once the room holds what is committed. Raises StoreUnavailable, StoreRefused, Abort."""
        marks, turn = without_turn(state.notes)
        if (state.predictions, state.labels, turn) == (own.predictions, own.labels, own.turn):
            return replace(own, notes=marks, floor=state.floor)
        self._healed = pair, own.token
        behind = 0 <= state.predictions <= own.predictions and 0 <= state.labels <= own.labels
        if not behind:
            self._room.wipe(pair, own.token)
            state = State(own.token, -1, -1, 0, b"")
        topics = self._kit.topics
        published = Place(topics.outcomes, pair)
        kept = self._kept.edges([Place(topics.predictions, pair), Place(topics.labels, pair), published])
        said = [*marks.decode().split("\n"), ""][:2] if behind else ["", ""]
        joining = Joining(lambda wanted: self._room.read(wanted).entries, self._kit.terms, whose=self._words.whose)
        notes = []
        halves = ((topics.predictions, state.predictions, own.predictions), (topics.labels, state.labels, own.labels))
        for (topic, start, end), note in zip(halves, said, strict=True):
            place = Place(topic, pair)
            notes.append(self._fold(joining, place, (max(start, kept[place][0]), end), state, from_metadata(note)))
        begin, floor = kept[published]
        for some in self._published(published, max(begin, state.floor), floor):
            joining.guide(pair, some)
            self._write(pair, joining, state)
        own = replace(own, floor=floor, notes="\n".join(notes).encode())
        self._room.write({pair: Change(own.state())})
        self._beat(pair, 1.0)
        return own

    def ends(self, pairs: Sequence[int]) -> Mapping[int, int]:
        """Where the outcomes of pairs end; nothing where nobody can tell now."""
        places = [Place(self._kit.topics.outcomes, pair) for pair in pairs]
        try:
            return {place.partition: end for place, (_, end) in self._kept.edges(places).items()}
        except Stopped:
            return {}

    def _word(self, name: int) -> bytes | None:
        """What a name stands for; where nobody knows, the pair is wiped, so that it is folded with its words."""
        found = self._room.word(name)
        if found is None:
            self._room.wipe(*self._healed)
        return found

    def _fold(
        self, joining: Joining, place: Place, stretch: tuple[int, int], state: State, mark: Watermark | None
    ) -> str:
        """Fold a stretch of one topic; how far event time has come in it, as its offset's metadata says."""
        begin, end = stretch
        latest = self._kit.latest()
        for batch in self._kept.read(place, begin, end) if begin < end else ():
            read = self._intake.read(batch, latest)
            good = np.flatnonzero(((read.faults == 0) & (read.times <= latest)) | read.marks)
            reached = np.full(len(batch), NEVER)
            reached[good], mark = advance(mark, read.times[good], read.marks[good])
            joining.predictions(self._intake.predictions(read, reached))
            joining.labels(self._intake.labels(read, reached)[0], {})
            self._write(place.partition, joining, state)
            self._beat(place.partition, (int(batch.offsets[-1]) - begin) / (end - begin))
        return to_metadata(mark)

    def _write(self, pair: int, joining: Joining, state: State) -> None:
        for changed in joining.changes().values():
            self._room.write({pair: Change(state, changed.puts, changed.adds, changed.drops, self._words.used())})
        joining.forget()
        self._words.forget()

    def _published(
        self, place: Place, begin: int, end: int
    ) -> Iterator[Mapping[bytes, Mapping[Hashable, tuple[int, bool]]]]:
        """By id and whose: the highest seq that was published, whether the status then was expired; in portions."""
        found: dict[bytes, dict[Hashable, tuple[int, bool]]] = {}
        for batch in self._kept.read(place, begin, end) if begin < end else ():
            for value in batch.values:
                with suppress(RecordRefused):
                    one = read_record("outcome", value or b"", fields=NEEDED)
                    known = found.setdefault(one["event_id"].encode(), {})
                    whose = one["model_version"], one["arm"]
                    if one["seq"] > known.get(whose, (-1, False))[0]:
                        known[whose] = one["seq"], one["status"] == "expired"
        entries = iter(found.items())
        while some := dict(islice(entries, TOGETHER)):
            yield some
