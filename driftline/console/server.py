"""The console's pages over HTTP: read only, on loopback only, for requests that name loopback as their host only."""

import json
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from threading import Thread
from typing import Any, NamedTuple

from driftline.console.looking import Looking
from driftline.output import FAILED, Refusal
from driftline.view.data import as_data
from stream.telemetry.doorstep import Doorstep

HOST = "127.0.0.1"
NAMES = ("127.0.0.1", "localhost")
HTML = "text/html; charset=utf-8"
GUARDS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""What may run and load says the page itself; this is what only a header can say."""
WRONG_HOST, NOT_FOUND, NOT_ALLOWED, NOT_IMPLEMENTED = 421, 404, 405, 501


class Answer(NamedTuple):
    """Status, type and body."""

    status: int
    kind: str
    body: str


def answer(path: str, host: str | None, port: int, pages: Mapping[str, Callable[[], Answer]]) -> Answer:
    """What a GET of `path` gets; a host that is not loopback's name is refused: any site may point its own here."""
    if host not in {f"{name}:{port}" for name in NAMES}:
        return Answer(WRONG_HOST, "text/plain", f"this console answers as {HOST}:{port} or localhost:{port} only\n")
    found = pages.get(path.partition("?")[0])
    return found() if found else Answer(NOT_FOUND, "text/plain", f"try {', '.join(pages)}\n")


class Server:
    """Serves what `looking` sees from a thread of its own, until `close`; port 0 takes a free one. Raises Refusal."""

    def __init__(self, looking: Looking, *, port: int) -> None:
        pages = {
            "/": lambda: Answer(200, HTML, looking.page()),
            "/parts": lambda: Answer(200, HTML, looking.parts()),
            "/data.json": lambda: Answer(200, "application/json", json.dumps(as_data(looking.seen()), default=str)),
        }
        try:
            self._server = Doorstep(HOST, port, lambda *given: _Handler(self, pages, *given))
        except (OSError, OverflowError) as error:
            fix = "choose another port: --port N, or --port 0 for a free one"
            raise Refusal(f"cannot listen on {HOST}:{port}", cause=str(error), fix=fix, code=FAILED) from error
        self.port = int(self._server.server_address[1])
        serve = self._server.serve_forever
        self._thread = Thread(target=serve, kwargs={"poll_interval": 0.1}, name="console", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where a browser finds it."""
        return f"http://{HOST}:{self.port}/"

    def close(self) -> None:
        """Stop listening, then let go of whoever is still connected."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    """One request, one answer, the connection closed."""

    server_version, sys_version = "driftline", ""
    timeout = 5  # seconds a client may keep us waiting for its next bytes

    def __init__(self, server: "Server", pages: Mapping[str, Callable[[], Answer]], *given: Any) -> None:
        self._console, self._pages = server, pages
        super().__init__(*given)

    def do_GET(self) -> None:
        """Answer a page; all of them only read."""
        self._send(answer(self.path, self.headers.get("Host"), self._console.port, self._pages))

    do_HEAD = do_GET  # noqa: N815 - the same; `_send` leaves the body out

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """A plain refusal that repeats nothing of what the client sent."""
        del message, explain
        known = code == NOT_IMPLEMENTED
        self._send(Answer(NOT_ALLOWED if known else code, "text/plain", "GET or HEAD only\n" if known else ""))

    def _send(self, said: Answer) -> None:
        body = said.body.encode()
        self.send_response(said.status)
        self.send_header("Content-Type", said.kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in GUARDS.items():
            self.send_header(name, value)
        if said.status == NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_given: object) -> None:
        """The page asks every few seconds: no line for that."""
