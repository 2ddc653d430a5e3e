"""An image's HEALTHCHECK: where it asks, what it takes for ready."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module

import pytest

from services.start.probe import PORTS, address, main


class Answering(BaseHTTPRequestHandler):
    """Says what its server was told to."""

    def do_GET(self) -> None:
        """Answer /readyz alone."""
        self.send_response(self.server.status if self.path == "/readyz" else 404)  # type: ignore[attr-defined]
        self.end_headers()
        self.wfile.write(b"waits: assigned")

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    """A service on loopback."""
    made = HTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (404, 1)])
def test_a_service_is_as_healthy_as_it_says(
    server: HTTPServer, status: int, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its words are kept either way: `docker inspect` shows them."""
    server.status = status  # type: ignore[attr-defined]
    told = {"DRIFTLINE_SERVICE": "labeler", "LABELER_ADMIN_PORT": str(server.server_port)}
    assert main(told) == code
    assert capsys.readouterr().out == "waits: assigned\n"


def test_who_does_not_listen_is_not_healthy(capsys: pytest.CaptureFixture[str]) -> None:
    """A refused connection is an answer, not a traceback."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        assert main({"DRIFTLINE_SERVICE": "drift", "DRIFT_ADMIN_PORT": str(port)}) == 1
    assert "refused" in capsys.readouterr().out


@pytest.mark.parametrize("service", PORTS)
def test_the_ports_are_those_of_the_settings(service: str) -> None:
    """Said twice, so that a probe need not import them."""
    settings = import_module(f"services.{service}.settings").Settings
    assert address({"DRIFTLINE_SERVICE": service}).endswith(f":{settings.model_fields['admin_port'].default}/readyz")
