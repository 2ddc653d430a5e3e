"""A local HTTP server that speaks as much of Alertmanager's v2 API as the notifier uses, and fails on demand."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

Labels = tuple[tuple[str, str], ...]


class Receiver:
    """What was posted: every post, with the alerts it left, which are known by their labels as an Alertmanager's are.

    `status` is the answer to every post, 200 unless something is broken; an alert without a name is always refused.
    """

    def __init__(self, port: int) -> None:
        self.port, self.status = port, 200
        self.tries = 0
        self.posts: list[dict[str, Any]] = []
        self._alerts: dict[Labels, dict[str, Any]] = {}
        self._lock = Lock()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def take(self, body: bytes) -> int:
        """Take a post; the status to answer with."""
        with self._lock:
            self.tries += 1
            if self.status != 200:
                return self.status
            alerts = json.loads(body)
            if not isinstance(alerts, list) or any(_fault(one) for one in alerts):
                return 400
            self.posts += alerts
            self._alerts |= {tuple(sorted(one["labels"].items())): one for one in alerts}
            return 200

    def standing(self, at: datetime | None = None) -> list[dict[str, Any]]:
        """The alerts that stand, by their ends."""
        now = at or datetime.now(UTC)
        with self._lock:
            return [one for one in self._alerts.values() if datetime.fromisoformat(one["endsAt"]) > now]

    def forget(self) -> None:
        """As after a restart."""
        with self._lock:
            self._alerts, self.posts = {}, []


def _fault(alert: dict[str, Any]) -> bool:
    """What Alertmanager's own validation refuses."""
    times = datetime.fromisoformat(alert["startsAt"]), datetime.fromisoformat(alert["endsAt"])
    words = [*alert["labels"].items(), *alert["annotations"].items()]
    texts = all(isinstance(text, str) and text for pair in words for text in pair)
    named = bool(alert["labels"].get("alertname")) and alert["labels"].get("model") != "refused"
    return not (named and texts and times[0] <= times[1] and times[0].tzinfo is not None)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """One that listens on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = receiver.take(body) if self.path == "/api/v2/alerts" else 404
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_given: object) -> None:
            """No line for each."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(server.server_address[1])
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
