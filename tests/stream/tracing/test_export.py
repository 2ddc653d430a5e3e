"""A receiver that is dead, refuses or hangs: nobody waits for it, what it does not take is counted."""

import logging
import socket
from collections.abc import Iterator
from threading import Event

import pytest

from stream.tracing.convention import Convention, Who
from stream.tracing.export import MOST_WAITING, Export
from tests.otlp import Receiver, receiving

WHO = Who(service="echo", version="1", instance="echo-0", group="g")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of its own for each test."""
    with receiving() as made:
        yield made


def tell(export: Export, count: int) -> None:
    """Start and end so many spans."""
    convention = Convention(WHO, export)
    for _ in range(count):
        convention.start("poll", ["in"]).end()


def test_spans_reach_the_receiver_before_the_end(receiver: Receiver) -> None:
    """Those that still wait when it is closed too."""
    dropped: list[int] = []
    export = Export(receiver.endpoint + "/", dropped.append)
    tell(export, 700)
    export.close()
    assert (len(receiver.spans), dropped) == (700, [])


def test_a_receiver_that_hangs_makes_nobody_wait_and_what_is_too_much_is_dropped(receiver: Receiver) -> None:
    """The queue has an end; each span beyond it is counted, and the loop is never held up."""
    hung, dropped = Event(), list[int]()
    receiver.pause = hung.wait
    export = Export(receiver.endpoint, dropped.append)
    tell(export, MOST_WAITING)
    receiver.wait(lambda: receiver.requests > 0)
    tell(export, 2 * MOST_WAITING)
    assert receiver.spans == []
    assert sum(dropped) >= MOST_WAITING
    hung.set()
    export.close()


def test_a_receiver_that_is_gone_costs_its_spans_alone(caplog: pytest.LogCaptureFixture) -> None:
    """All are counted as dropped by the end; its library's complaints, one a batch, are nobody's."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
    dropped: list[int] = []
    with caplog.at_level(logging.DEBUG):
        export = Export(endpoint, dropped.append)
        tell(export, 10)
        export.close()
    assert sum(dropped) == 10
    assert [record for record in caplog.records if record.name.startswith("opentelemetry")] == []


def test_what_a_receiver_refuses_is_dropped(receiver: Receiver) -> None:
    """Each of them counted once."""
    receiver.status, dropped = 400, list[int]()
    export = Export(receiver.endpoint, dropped.append)
    tell(export, MOST_WAITING)
    export.close()
    assert (sum(dropped), receiver.spans) == (MOST_WAITING, [])
