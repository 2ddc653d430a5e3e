"""The transactional log on Kafka."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from stream.faults import Abort, Disturbed, Indefinite, Stopped
from stream.kafka.broken import Broken
from stream.kafka.consumer import GroupConsumer
from stream.kafka.producer import TransactionalProducer, claimed
from stream.kafka.reading import to_batch
from stream.kafka.settings import LogSettings
from stream.positions import Positions
from stream.records import Batch, Place, Span, Start, Writes

FIRST_INIT_SECONDS, INIT_SECONDS, MOST_ROWS = 15.0, 5.0, 1_000_000

Resume = Callable[[Sequence[Place]], Mapping[Place, int]]


class KafkaLog:
    """Reads a group's share of `topics`, writes in transactions bound to the group's generation.

    `resume` answers where to go on for places the group has no offset for (from an account kept elsewhere); others
    begin as `settings.begin` says. `probe` is told each step. `appetite` may ask for less than `settings.rows` a batch.
    """

    def __init__(
        self,
        settings: LogSettings,
        *,
        resume: Resume,
        probe: Callable[[str], None] = lambda _step: None,
        appetite: Callable[[], int] = lambda: MOST_ROWS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._resume, self._probe, self._clock = settings, resume, probe, clock
        self._appetite, self._call_seconds = appetite, settings.call_seconds()
        self._positions, self._open = Positions(), False
        self._broken = Broken(settings.brokers, settings.file)
        self._group: Any = None
        self._told: Mapping[Place, Start] | None = None
        self._producer = claimed(self._new_producer, settings.brokers, clock() + FIRST_INIT_SECONDS, clock)
        self._consumer = GroupConsumer(settings.consumer(), settings.topics)

    def _new_producer(self) -> TransactionalProducer:
        return TransactionalProducer(self._settings.producer(), shared=self._settings.slot is not None)

    def _settle_assignment(self, places: list[Place]) -> None:
        """Find where each newly assigned place begins, then read from there."""
        known = self._consumer.committed(places)
        unknown = [place for place, start in known.items() if start is None]
        resumed = self._resume(unknown) if unknown else {}
        starts = {
            place: start
            or (Start(resumed[place]) if place in resumed else self._consumer.beginning(place, self._settings))
            for place, start in known.items()
        }
        self._told = starts
        self._positions.assigned(starts)
        self._read_from(self._positions.starts())
        self._consumer.pending = None

    def _read_from(self, positions: Mapping[Place, int]) -> None:
        self._broken.forget()
        self._consumer.rewind(positions)

    def poll(self, timeout_seconds: float) -> Batch | None:
        """The next records, at once when there are any."""
        if self._consumer.pending is not None:
            # Nothing is read yet: the loop commits these starts first, so that they are the group's own.
            self._settle_assignment(self._consumer.pending)
            return None
        try:
            rows = min(self._settings.rows, self._appetite())
            messages, broken = self._consumer.read(rows, 0 if self._broken.is_held else timeout_seconds)
        except Disturbed:
            self._broken.forget()
            self._positions.assigned({})
            self._told = None
            raise
        batch = to_batch(messages) if messages else self._broken.batch(self._settings.rows)
        if batch is not None:
            if self._group is None:
                self._group = self._consumer.group()
            self._probe("polled")
            self._positions.took(batch)
        else:
            self._producer.serve()
        if broken or self._broken.is_held:
            self._broken.pass_by(broken, self._consumer, self._positions.ends(), is_open=self._open)
        return batch

    def write(self, writes: Writes) -> None:
        """Put records into the open transaction, opening one if need be."""
        if not self._open:
            self._producer.begin(self._clock() + self._call_seconds, self._clock)
            self._open = True
        self._producer.write(writes, self._clock() + self._call_seconds, self._clock)
        self._probe("produced")

    def secure(self) -> None:
        """Nothing to do: all of a transaction is there at once."""

    def hold(self, places: Mapping[Place, int]) -> None:
        """Give back records of the batch read last, of each place those from an offset on. Raises Abort."""
        self._positions.give_back(places)
        self._broken.drop(places)
        self._consumer.hold(places)

    def release(self, places: Iterable[Place]) -> None:
        """Read held places again. Raises Abort."""
        ends = self._positions.ends()
        positions = {place: ends[place] for place in places if place in ends}
        self._consumer.release(positions, assigned=not self._broken.is_held)

    def spans(self) -> list[Span]:
        """What the open transaction has read."""
        return self._positions.spans()

    def still(self) -> list[Span]:
        """An empty span at every assigned place."""
        return self._positions.still()

    def commit(self, metadata: Mapping[Place, str]) -> None:
        """Flush, add the input positions, commit: one deadline for the three.

        The order matters: flushing first avoids a stall in adding the offsets, and the group metadata is the
        one of the first read, so that a generation that has moved on is refused by the broker.
        """
        deadline = self._clock() + self._call_seconds
        ends = self._positions.ends()
        starts = {place: Start(ends[place], text) for place, text in metadata.items()}
        if self._group is None:
            self._group = self._consumer.group()
        if not self._open:
            self._producer.begin(deadline, self._clock)
            self._open = True
        self._producer.flush(deadline, self._clock)
        self._probe("flushed")
        self._commit_positions(starts, deadline)
        self._probe("offsets")
        self._producer.commit(deadline, self._clock)
        self._probe("committed")
        self._close_transaction()
        self._positions.advance()

    def _commit_positions(self, ends: Mapping[Place, Start], deadline: float) -> None:
        self._producer.offsets(ends, self._group, deadline, self._clock)

    def _close_transaction(self) -> None:
        self._open, self._group = False, None

    def _drop_transaction(self) -> None:
        if self._open:
            self._producer.abort(self._clock() + self._call_seconds, self._clock)
        self._close_transaction()

    def abort(self) -> None:
        """Undo the open transaction; its input will be read again. Raises Indefinite, Stopped."""
        self._drop_transaction()
        self._positions.rewind()
        self._read_from(self._positions.starts())

    def restart(self) -> bool:
        """Make a new producer, ask the group where it stands; True when the transaction had been committed."""
        self._close_transaction()
        self._producer.drop()
        self._producer = self._new_producer()
        self._producer.init(self._clock() + INIT_SECONDS, self._clock)
        spans = self._positions.spans()
        found = self._consumer.committed([span.place for span in spans]) if spans else {}
        done = bool(spans) and all((at := found[s.place]) is not None and at.offset == s.end for s in spans)
        if done:
            self._positions.advance()
        else:
            self._positions.rewind()
        self._read_from(self._positions.starts())
        return done

    def starts(self) -> Mapping[Place, Start] | None:
        """The assignment's starts after it changed, told once."""
        told, self._told = self._told, None
        return told

    def at_end(self) -> Collection[Place]:
        """Assigned places whose end was reached, nothing read since."""
        return self._consumer.ended & set(self._positions.places())

    def lag(self) -> Mapping[Place, int]:
        """Records not yet read, a place, as of the last fetch."""
        return self._consumer.lag(self._positions.ends())

    def close(self) -> None:
        """Let go of everything; an open transaction is aborted."""
        with suppress(Abort, Indefinite, Stopped):
            self._drop_transaction()
        self._producer.drop()
        self._consumer.close()
