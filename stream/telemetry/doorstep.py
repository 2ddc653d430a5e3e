"""A threading HTTP server on which slow clients cannot pile up."""

import socket
from collections.abc import Callable
from contextlib import suppress
from http.server import ThreadingHTTPServer
from socketserver import BaseRequestHandler, TCPServer
from threading import Lock
from typing import Any

MOST_CLIENTS = 16


class Doorstep(ThreadingHTTPServer):
    """Holds `MOST_CLIENTS` connections at most: a further one is served, the oldest is let go.

    A client that drips a byte a second passes every read timeout, so age decides, not activity.
    """

    daemon_threads = True
    request_queue_size = 128  # the default of 5 makes a burst wait seconds for its connection

    def __init__(self, host: str, port: int, handler: Callable[[Any, Any, TCPServer], BaseRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._lock = Lock()
        self._clients: dict[int, socket.socket] = {}
        super().__init__((host, port), handler)

    def server_bind(self) -> None:
        """Bind without asking DNS for our own name, which can take seconds and nobody reads."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "driftline", int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a client in its own thread; with too many of them, the oldest goes."""
        with self._lock:
            self._clients[id(request)] = request
            if len(self._clients) > MOST_CLIENTS:
                _let_go(self._clients.pop(next(iter(self._clients))))
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a client that was served."""
        with self._lock:
            self._clients.pop(id(request), None)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Stop listening, let go of every client."""
        super().server_close()
        with self._lock:
            for client in self._clients.values():
                _let_go(client)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no event of ours."""


def _let_go(client: socket.socket) -> None:
    """End a connection under whichever thread reads it; that thread closes the socket."""
    with suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)
