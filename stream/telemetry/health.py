"""The admin port: what a process says of itself over HTTP."""

import errno
import json
import time
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler
from threading import Lock, Thread
from typing import Any

from prometheus_client import CollectorRegistry

from stream.telemetry.doorstep import Doorstep
from stream.telemetry.exposition import exposition

LOOP = "loop"


class CannotListen(RuntimeError):
    """The admin port cannot be opened: `what` was found, its `cause`, the `fix`."""

    def __init__(self, what: str, *, cause: str, fix: str) -> None:
        super().__init__(f"{what}; cause: {cause}; fix: {fix}")
        self.what, self.cause, self.fix = what, cause, fix


class PortTaken(CannotListen):
    """Somebody else listens on the admin port."""


class Health:
    """Whether the loop turns, with what the service still waits for; any thread may ask.

    `conditions` are the names of what must be so before the service is ready; the loop counts as alive
    while its last beat is at most `patience_seconds` old by the monotonic `clock`.
    """

    def __init__(
        self,
        conditions: Iterable[str] = (),
        *,
        patience_seconds: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock, self._patience = clock, patience_seconds
        self._conditions: dict[str, str | None] = {name: name for name in conditions}
        self._lock = Lock()
        self._beaten = clock()

    def beat(self) -> None:
        """The loop turned once."""
        self._beaten = self._clock()

    def met(self, condition: str) -> None:
        """A condition holds from now on. Raises KeyError for one never named."""
        self._say(condition, None)

    def unmet(self, condition: str, why: str = "") -> None:
        """A condition no longer holds, `why` if there is more to say. Raises KeyError for one never named."""
        self._say(condition, f"{condition}: {why}" if why else condition)

    def _say(self, condition: str, missing: str | None) -> None:
        with self._lock:
            if condition not in self._conditions:
                raise KeyError(f"found condition {condition!r}, expected one of {', '.join(self._conditions)}")
            self._conditions[condition] = missing

    def silent_seconds(self) -> float:
        """How long ago the loop beat last."""
        return self._clock() - self._beaten

    def is_alive(self) -> bool:
        """The loop has beaten lately."""
        return self.silent_seconds() <= self._patience

    def waiting_for(self) -> list[str]:
        """What is missing before the service is ready; `loop` when it does not turn."""
        with self._lock:
            missing = [said for said in self._conditions.values() if said is not None]
        return missing if self.is_alive() else [*missing, LOOP]


Answer = tuple[int, str, bytes]
"""Status, type and body."""
More = Callable[[str], Answer | None]
"""What else a service answers, by path; None for what it does not know."""


def no_more(_path: str) -> Answer | None:
    """Nothing else."""
    return None


class Admin:
    """Serves /metrics, /livez and /readyz, with what `more` answers, from a thread of its own, until `close`.

    `port` 0 takes a free one; the attribute `port` says which. Raises PortTaken, or CannotListen for any
    other reason.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        health: Health,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        more: More = no_more,
    ) -> None:
        known = _answers(health)

        def answers(path: str, accept: str) -> Answer | None:
            if path == "/metrics":
                return 200, *exposition(registry, accept)
            return known[path]() if path in known else more(path)

        try:
            self._server = Doorstep(host, port, lambda *given: _Handler(answers, *given))
        except (OSError, OverflowError) as error:
            raise _explained(host, port, error) from error
        self.port = int(self._server.server_address[1])
        # The short poll only bounds how long `close` waits.
        serve = self._server.serve_forever
        self._thread = Thread(target=serve, kwargs={"poll_interval": 0.1}, name="admin", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening, then let go of whoever is still connected."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _explained(host: str, port: int, error: OSError | OverflowError) -> CannotListen:
    what = f"cannot listen on {host}:{port} for /metrics, /livez and /readyz"
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return PortTaken(
            what,
            cause="another process listens there",
            fix="stop it, or choose another port (0 = a free one)",
        )
    return CannotListen(what, cause=str(error), fix="choose an address of this machine, with a port this user may open")


def _answers(health: Health) -> dict[str, Callable[[], Answer]]:
    def live() -> Answer:
        alive = health.is_alive()
        return as_json(200 if alive else 503, {"alive": alive, "silent_seconds": round(health.silent_seconds(), 3)})

    def ready() -> Answer:
        waiting = health.waiting_for()
        return as_json(503 if waiting else 200, {"ready": not waiting, "waiting_for": waiting})

    return {"/livez": live, "/readyz": ready}


def as_json(status: int, body: dict[str, Any]) -> Answer:
    """An answer that is a JSON document."""
    return status, "application/json", json.dumps(body).encode() + b"\n"


class _Handler(BaseHTTPRequestHandler):
    """One request, one answer, the connection closed."""

    server_version, sys_version = "driftline", ""
    timeout = 5  # seconds a client may keep us waiting for its next bytes

    def __init__(self, answers: Callable[[str, str], Answer | None], *given: Any) -> None:
        self._answers = answers
        super().__init__(*given)

    def do_GET(self) -> None:
        """Answer one of the known paths, 404 otherwise."""
        answer = self._answers(self.path.partition("?")[0], self.headers.get("Accept", ""))
        self._send(*(answer or (404, "text/plain", b"try /metrics, /livez or /readyz\n")))

    do_HEAD = do_GET  # noqa: N815 - the same; `_send` leaves the body out

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """A plain refusal that repeats nothing of what the client sent."""
        del message, explain
        not_implemented = 501
        self._send(
            405 if code == not_implemented else code,
            "text/plain",
            b"GET or HEAD only\n" if code == not_implemented else b"",
        )

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == 405:  # noqa: PLR2004 - the number is the name
            self.send_header("Allow", "GET, HEAD")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_given: object) -> None:
        """Probes come every few seconds: no line for them."""
