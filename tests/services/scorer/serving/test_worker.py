"""A worker gives up on a model that is too slow, or does not come back at all."""

import threading
import time
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models.contract import read_contract
from models.session import Brake, ModelFault, Session
from services.scorer.serving.worker import GRACE_SECONDS, MOST_LOST, Hung, TooSlow, Worker
from tests.models.bundles import contract_text
from tests.models.faulty_onnx import endless, poison

CONTRACT = read_contract(contract_text())
GOOD = np.zeros((3, 5), np.float32)
BAD = GOOD + np.array([99, 0, 0, 0, 0], np.float32)


class Stuck:
    """A session in native code that no brake stops, while `free` is not set."""

    def __init__(self) -> None:
        self.free = threading.Event()

    def answers(self, matrix: NDArray[np.float32], brake: Brake | None = None) -> NDArray[np.float64]:
        """Wait to be freed."""
        del brake
        self.free.wait(30)
        return matrix[:, :1].astype(np.float64)


def test_a_run_within_its_deadline_is_the_models_own() -> None:
    """The same scores as without a worker, run after run."""
    session = Session(poison(5), CONTRACT)
    worker = Worker(session, reopen=lambda: session)
    for _ in range(3):
        np.testing.assert_array_equal(worker.run(GOOD, 5), session.score(GOOD))
    worker.close()


def test_a_fault_of_the_model_is_raised_where_it_was_asked() -> None:
    """The thread survives it."""
    session = Session(poison(5), CONTRACT)
    worker = Worker(session, reopen=lambda: session)
    with pytest.raises(ModelFault, match="the model failed on 3 rows"):
        worker.run(BAD, 5)
    assert len(worker.run(GOOD, 5)) == 3
    worker.close()


def test_an_endless_run_is_stopped_at_its_deadline() -> None:
    """The real brake of onnxruntime on a loop of 2^60 rounds; the session goes on answering."""
    session = Session(endless(5), CONTRACT)
    worker = Worker(session, reopen=lambda: session)
    with pytest.raises(TooSlow, match=r"no answer within 0\.2 s"):
        worker.run(BAD, 0.2)
    np.testing.assert_array_equal(worker.run(GOOD, 5), session.score(GOOD))
    worker.close()


def test_a_model_that_does_not_stop_is_given_up_and_replaced() -> None:
    """Its late answer is nobody's: the next run has a session of its own."""
    stuck, fresh = Stuck(), Session(poison(5), CONTRACT)
    worker = Worker(stuck, reopen=lambda: fresh)
    with pytest.raises(Hung, match="nor after it was told to stop"):
        worker.run(GOOD, 0.05)
    np.testing.assert_array_equal(worker.run(GOOD, 5), fresh.score(GOOD))
    stuck.free.set()
    np.testing.assert_array_equal(worker.run(GOOD, 5), fresh.score(GOOD))
    worker.close()


def test_threads_that_come_back_are_lost_no_more() -> None:
    """Slow is not stuck: once they have ended, the worker goes on."""
    stuck, fresh = Stuck(), Session(poison(5), CONTRACT)
    sessions: list[Any] = [stuck, stuck, fresh]
    worker = Worker(stuck, reopen=lambda: sessions.pop(0))
    for _ in range(MOST_LOST):
        with pytest.raises(Hung):
            worker.run(GOOD, 0.01)
    stuck.free.set()
    while True:
        try:
            np.testing.assert_array_equal(worker.run(GOOD, 5), fresh.score(GOOD))
            break
        except Hung:
            time.sleep(0.01)
    worker.close()


def test_threads_are_not_lost_without_bound() -> None:
    """After three the worker says so at once, for what they hold is never given back."""
    stuck = Stuck()
    worker = Worker(stuck, reopen=lambda: stuck)
    for _ in range(MOST_LOST):
        with pytest.raises(Hung):
            worker.run(GOOD, 0.01)
    began = time.monotonic()
    with pytest.raises(Hung, match="restart the process"):
        worker.run(GOOD, 60)
    assert time.monotonic() - began < 60 * GRACE_SECONDS
    stuck.free.set()
