"""A score in an answer is that of the model asked directly, whoever wrote it."""

from collections.abc import Callable

import numpy as np
import pytest

from load.bench.peers import wire
from load.bench.players.lineup import lineup
from load.bench.players.ours import OURS
from load.bench.players.systems import System, picked
from load.bench.rig.answers import NEAR, checked, reference
from load.bench.rig.events import event_id, events, matrix, time_of
from load.bench.rig.stage import Filled
from schemas.examples import example
from schemas.framing import frame
from schemas.records import write_record

FILLED = Filled("t", 3, 1, "mlp")
EVENTS = [wire.read(value) for _, (_, value) in zip(range(FILLED.events), events(FILLED.events, 1), strict=True)]


def ours(number: int, score: float | None) -> bytes:
    """A prediction of ours."""
    record = {**example("prediction", 1), "event_id": event_id(number).decode(), "score": score}
    return write_record("prediction", record, frame(1))


def theirs(number: int, score: float) -> bytes:
    """A peer's."""
    return wire.written(EVENTS[number], score)


WRITERS = [(OURS[0], ours), (picked(lineup(), "naive")[0], theirs)]


@pytest.mark.parametrize(("system", "write"), WRITERS, ids=["ours", "a peer"])
def test_scores_are_near_those_of_the_model(system: System, write: Callable[[int, float], bytes]) -> None:
    """One that is further away is named; nobody looks where nobody asks."""
    scores = reference(FILLED).tolist()
    right = [write(number, score + NEAR / 2) for number, score in enumerate(scores)]
    assert checked(system, FILLED, right, scores=True) == ""
    far = [*right[:2], write(2, scores[2] + 2 * NEAR)]
    assert "1 scores differ" in checked(system, FILLED, far, scores=True)
    assert checked(system, FILLED, far, scores=False) == ""


def test_an_answer_of_ours_without_a_score_is_wrong() -> None:
    """It was not scored."""
    values = [ours(number, None) for number in range(FILLED.events)]
    assert "3 scores differ" in checked(OURS[0], FILLED, values, scores=True)


def test_a_peer_reads_an_event_as_it_was_meant_and_hands_on_its_time() -> None:
    """As the model takes it; the time is where a listener looks for it."""
    assert np.array_equal(wire.rows(EVENTS), matrix(0, FILLED.events))
    assert [time_of(theirs(number, 0.5)) for number in range(3)] == [one["event_time"] for one in EVENTS]
