"""A loop on confluent-kafka that scores what it consumed at once, with fastavro on both sides."""

from collections.abc import Sequence

from load.bench.peers import wire
from load.bench.peers.loop import Loop
from load.bench.peers.scoring import Model
from load.bench.peers.told import Told


class Scoring:
    """One run of the model for all that was consumed together."""

    def __init__(self, told: Told) -> None:
        self._model = Model(told.model)

    def answer(self, values: Sequence[bytes]) -> list[bytes]:
        """A prediction an event."""
        events = [wire.read(value) for value in values]
        scores = self._model.score(wire.rows(events))
        return [wire.written(event, score) for event, score in zip(events, scores, strict=True)]


if __name__ == "__main__":
    told = Told()
    Loop(told, Scoring(told).answer).run()
