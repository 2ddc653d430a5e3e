"""Which pairs are ours, how far each is applied in the waiting room, what is to be healed before anything is read."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from services.labeler.asking import asked
from services.labeler.notes import token_of, turn_of, with_token, with_turn
from services.labeler.overlay import Changed
from services.labeler.room.room import Change, Due, Room, State
from services.labeler.writing import Writing
from stream.faults import Abort, Stopped
from stream.records import Place, Span, Start
from stream.store import StoreRefused, StoreUnavailable

UNCLAIMED = -1
FLOOR_SECONDS = 60.0
"""So often the floor is raised above which a gap's outcomes are looked for: what one crash reads again."""


@dataclass(frozen=True)
class Own:
    """A pair of ours: its token, what the group has committed, whether the room holds exactly that.

    `turn` counts the sweeps that changed it: they move no offset, yet one that never reached the room must be seen.
    """

    token: int
    predictions: int
    labels: int
    notes: bytes = b""
    floor: int = 0
    turn: int = 0
    is_ready: bool = False

    def state(self) -> State:
        """What the room ought to say of it."""
        return State(self.token, self.predictions, self.labels, self.floor, with_turn(self.notes, self.turn))


class Healer(Protocol):
    """Knows what Kafka keeps of the pairs."""

    def __call__(self, pair: int, state: State, own: Own) -> Own:
        """Bring a pair in the given state up to what is committed; what it is afterwards."""

    def ends(self, pairs: Sequence[int]) -> Mapping[int, int]:
        """Where the outcomes of pairs end now, as far as that can be told."""


class Keeping:
    """Reads and writes the room for the pairs that are ours; a pair that is not as it should be is healed first."""

    def __init__(self, room: Room, topics: tuple[str, str], heal: Healer, tell: Callable[[int, str], None]) -> None:
        self._room, self._topics, self._heal, self._tell = room, topics, heal, tell
        self._writing, self._raised = Writing(room), -FLOOR_SECONDS
        self._own: dict[int, Own] = {}
        self._last: dict[int, int] = {}
        self._swept: set[int] = set()

    def assigned(self, starts: Mapping[Place, Start]) -> None:
        """These pairs are ours from now on. Raises Stopped where an assignment parts a pair."""
        self._hear()
        predictions, labels = ({p.partition: s for p, s in starts.items() if p.topic == t} for t in self._topics)
        if predictions.keys() != labels.keys():
            alone = sorted(predictions.keys() ^ labels.keys())
            raise Stopped(
                f"partitions {alone} of {' and '.join(self._topics)} were assigned without their other half",
                cause="the group's assignor is not `range`, or the topics have unequal partition counts",
                fix="leave the assignor as it is, give both topics as many partitions",
                configuration=True,
            )
        said = {pair: (start.metadata, labels[pair].metadata) for pair, start in predictions.items()}
        self._last, self._swept = {pair: max(map(token_of, both)) for pair, both in said.items()}, set()
        self._own = {
            pair: Own(UNCLAIMED, start.offset, labels[pair].offset, turn=max(map(turn_of, said[pair])))
            for pair, start in predictions.items()
        }

    def signed(self, pair: int, metadata: str) -> str:
        """What travels with the pair's offsets: our token, or the last one before we have claimed, and its turn."""
        own = self._own.get(pair)
        if own is None:
            return with_token(metadata, self._last.get(pair, 0))
        token = self._last[pair] if own.token == UNCLAIMED else own.token
        return with_token(metadata, token, own.turn + (pair in self._swept))

    def prepare(self) -> None:
        """Claim and heal whatever is not as it should be. Raises Abort when the store cannot be asked."""
        self._hear()
        for pair, own in self._own.items():
            if not own.is_ready:
                self._own[pair] = asked(partial(self._take_over, pair, own))

    def _take_over(self, pair: int, own: Own) -> Own:
        if own.token == UNCLAIMED:
            stored = self._room.read({pair: []}).states[pair]
            own = replace(own, token=max(self._last[pair], 0 if stored is None else stored.token) + 1)
        state = self._room.claim(pair, own.token)
        if state is None or state.token != own.token:
            raise Abort(f"pair {pair} of the waiting room belongs to another labeler")
        return replace(self._heal(pair, state, own), is_ready=True)

    def read(self, wanted: Mapping[int, Sequence[bytes]]) -> Mapping[int, Sequence[bytes]]:
        """Stored entries; a pair that turns out not to be as it should be is healed, then read again. Raises Abort."""
        for _ in range(3):
            try:
                found = self._room.read(wanted)
            except StoreRefused as refused:
                wrong, why = list(wanted), str(refused)
                self._wipe(wrong)
            except StoreUnavailable as error:
                raise Abort(str(error)) from error
            else:
                wrong = [pair for pair, state in found.states.items() if state != self._own[pair].state()]
                why = "the waiting room is not where it was left"
                if not wrong:
                    return found.entries
            self._distrust(wrong, why)
            if taken := self._swept & set(wrong):
                # What was taken from the heads of its slots would be dropped from those about to be filled anew.
                self._swept -= taken
                raise Abort(f"{why}, and was asked who is due")
            self.prepare()
        raise Abort("the waiting room changes while it is read: another labeler writes into it")

    def due(self, pair: int, kind: bytes, *, before: int, most: int) -> list[Due]:
        """Who is due; a pair whose index is broken is wiped, to be healed before anything is read. Raises Abort."""
        try:
            found = self._room.due(pair, kind, before=before, most=most)
        except StoreRefused as refused:
            self._wipe([pair])
            self._distrust([pair], str(refused))
            raise Abort(str(refused)) from refused
        except StoreUnavailable as error:
            raise Abort(str(error)) from error
        self._swept |= {pair} if found else set()
        return found

    def word(self, name: int) -> bytes | None:
        """What a name stands for; where nobody knows, our pairs are wiped, to be folded anew. Raises Abort."""
        found = asked(partial(self._room.word, name))
        if found is None:
            ours = [pair for pair, own in self._own.items() if own.token != UNCLAIMED]
            self._wipe(ours)
            self._distrust(ours, f"nobody knows what the name {name:08x} stands for")
        return found

    def _distrust(self, pairs: Iterable[int], why: str) -> None:
        for pair in pairs:
            self._tell(pair, why)
            self._own[pair] = replace(self._own[pair], is_ready=False)

    def _wipe(self, pairs: Iterable[int]) -> None:
        for pair in pairs:
            asked(partial(self._room.wipe, pair, self._own[pair].token))

    def committed(
        self, spans: Sequence[Span], changes: Mapping[int, Changed], notes: Mapping[int, bytes], words: dict[int, bytes]
    ) -> None:
        """Write what a committed transaction changed; where that fails its pairs are to be healed."""
        touched, swept = set(changes) | self._swept, self._swept
        self._swept = set()
        for span in spans:
            self._moved(span)
            touched.add(span.place.partition)
        for pair in touched & self._own.keys():
            own = self._own[pair]
            self._own[pair] = replace(own, notes=notes.get(pair, b""), turn=own.turn + (pair in swept))
        ready = [pair for pair in sorted(touched) if pair in self._own and self._own[pair].is_ready]
        self._raise_floors(ready)
        nothing = Changed()
        said = {}
        for place, pair in enumerate(ready):
            one = changes.get(pair, nothing)
            said[pair] = Change(self._own[pair].state(), one.puts, one.adds, one.drops, words if place == 0 else {})
        self._writing.write(said)

    def _raise_floors(self, pairs: Sequence[int]) -> None:
        """What is published from here on comes after all that the room is about to know of these pairs."""
        now = time.monotonic()
        if pairs and now - self._raised >= FLOOR_SECONDS:
            self._raised = now
            for pair, end in self._heal.ends(pairs).items():
                self._own[pair] = replace(self._own[pair], floor=end)

    def _moved(self, span: Span) -> None:
        own = self._own.get(span.place.partition)
        if own is not None:
            half = "predictions" if span.place.topic == self._topics[0] else "labels"
            self._own[span.place.partition] = replace(own, **{half: span.end})  # type: ignore[arg-type]  # both are offsets

    def _hear(self) -> None:
        """What became of the last write; where it failed its pairs are to be healed."""
        failed, why = self._writing.hear()
        self._distrust(failed, f"a committed transaction could not be written: {why}")
