"""The admin port: who may ask what, whom it lets go, what it says when it cannot open."""

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import closing
from threading import active_count
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter

from stream.telemetry.doorstep import MOST_CLIENTS
from stream.telemetry.health import Admin, CannotListen, Health, PortTaken


class Hands:
    """A clock whose hands a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hands() -> Hands:
    """A clock at rest."""
    return Hands()


@pytest.fixture
def health(hands: Hands) -> Health:
    """A service that waits for two things."""
    return Health(("assigned", "model"), patience_seconds=10, clock=hands)


@pytest.fixture
def registry() -> CollectorRegistry:
    """One counter at 2."""
    registry = CollectorRegistry()
    Counter("driftline_tests", "Counts.", registry=registry).inc(2)
    return registry


@pytest.fixture
def admin(registry: CollectorRegistry, health: Health) -> Iterator[Admin]:
    """The port, open."""
    with closing(Admin(registry, health)) as admin:
        yield admin


def ask(admin: Admin, path: str, *, method: str = "GET") -> tuple[int, str]:
    """Status and body of one request."""
    with closing(http.client.HTTPConnection("127.0.0.1", admin.port, timeout=10)) as connection:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.read().decode()


def body(admin: Admin, path: str) -> tuple[int, Any]:
    """Status and parsed body."""
    status, text = ask(admin, path)
    return status, json.loads(text)


def test_metrics_are_served(admin: Admin) -> None:
    """Prometheus' text format."""
    status, text = ask(admin, "/metrics?name=x")
    assert status == 200
    assert "driftline_tests_total 2.0" in text


def test_readiness_names_what_is_missing(admin: Admin, health: Health) -> None:
    """503 until every condition is met, 503 again when one is lost."""
    assert body(admin, "/readyz") == (503, {"ready": False, "waiting_for": ["assigned", "model"]})
    health.met("model")
    assert body(admin, "/readyz") == (503, {"ready": False, "waiting_for": ["assigned"]})
    health.met("assigned")
    assert body(admin, "/readyz") == (200, {"ready": True, "waiting_for": []})
    health.unmet("model")
    assert body(admin, "/readyz") == (503, {"ready": False, "waiting_for": ["model"]})


def test_a_silent_loop_is_neither_alive_nor_ready(admin: Admin, health: Health, hands: Hands) -> None:
    """Alive at the limit, not past it, alive again after a beat."""
    health.met("assigned")
    health.met("model")
    hands.now += 10
    assert body(admin, "/livez") == (200, {"alive": True, "silent_seconds": 10.0})
    hands.now += 0.5
    assert body(admin, "/livez") == (503, {"alive": False, "silent_seconds": 10.5})
    assert body(admin, "/readyz") == (503, {"ready": False, "waiting_for": ["loop"]})
    health.beat()
    assert body(admin, "/livez")[0] == 200


def test_a_condition_nobody_named_is_a_mistake(health: Health) -> None:
    """Misspelt, it would never be waited for."""
    with pytest.raises(KeyError, match="asigned"):
        health.met("asigned")


@pytest.mark.parametrize("path", ["/", "/metrics/", "/livez/../metrics", "/etc/passwd"])
def test_other_paths_are_not_found(admin: Admin, path: str) -> None:
    """404, and nothing of the path is said again."""
    status, text = ask(admin, path)
    assert status == 404
    assert "passwd" not in text


def test_a_head_has_no_body(admin: Admin) -> None:
    """The same status without the words."""
    assert ask(admin, "/livez", method="HEAD") == (200, "")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "<script>"])
def test_nothing_but_reading(admin: Admin, method: str) -> None:
    """405, and nothing of the request is said again."""
    status, text = ask(admin, "/metrics", method=method)
    assert (status, text) == (405, "GET or HEAD only\n")


def test_requests_leave_no_line(admin: Admin, capfd: pytest.CaptureFixture[str]) -> None:
    """A probe every second would bury what matters."""
    ask(admin, "/livez")
    ask(admin, "/nowhere")
    assert capfd.readouterr() == ("", "")


def test_slow_clients_cannot_pile_up(admin: Admin) -> None:
    """With many connections that never say anything, the next one is served, the oldest is let go."""
    idle = active_count()
    slow = [socket.create_connection(("127.0.0.1", admin.port), timeout=10) for _ in range(3 * MOST_CLIENTS)]
    try:
        assert ask(admin, "/metrics")[0] == 200
        assert slow[0].recv(1) == b""
        assert active_count() <= idle + MOST_CLIENTS + 1
    finally:
        for client in slow:
            client.close()


def test_a_taken_port_is_said_plainly(admin: Admin, registry: CollectorRegistry, health: Health) -> None:
    """What, cause, fix."""
    with pytest.raises(PortTaken, match="another process listens there") as raised:
        Admin(registry, health, port=admin.port)
    assert f"127.0.0.1:{admin.port}" in raised.value.what
    assert "another port" in raised.value.fix


@pytest.mark.parametrize(("host", "port"), [("203.0.113.1", 0), ("no.such.host.invalid", 0), ("127.0.0.1", 70_000)])
def test_an_address_that_is_not_ours_is_said_plainly(
    registry: CollectorRegistry, health: Health, host: str, port: int
) -> None:
    """It is not a taken port, but no traceback either."""
    with pytest.raises(CannotListen, match="choose an address of this machine"):
        Admin(registry, health, host=host, port=port)


def test_a_closed_port_is_free_again(registry: CollectorRegistry, health: Health) -> None:
    """A restart may follow at once."""
    first = Admin(registry, health)
    assert ask(first, "/livez")[0] == 200
    first.close()
    again = Admin(registry, health, port=first.port)
    assert ask(again, "/livez")[0] == 200
    again.close()
