"""A real Alertmanager as a child process, with a webhook that hears whom it notifies."""

import json
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from driftline.local.ports import free_port
from driftline.local.tools import tool

PATIENCE_SECONDS = 90.0
CONFIG = """
route: {{receiver: hook, group_by: [alertname, model], group_wait: 1s, group_interval: 1s, repeat_interval: 1h}}
receivers:
  - name: hook
    webhook_configs: [{{url: "{url}", send_resolved: true}}]
"""


class Real:
    """One that runs: what it knows, what it told."""

    def __init__(self, url: str, told: list[dict[str, Any]]) -> None:
        self.url, self.told = url, told

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts that stand, as it knows them."""
        with urllib.request.urlopen(f"{self.url}/api/v2/alerts") as answer:  # noqa: S310 - our own loopback
            return list(json.load(answer))

    def standing(self) -> set[tuple[str, str]]:
        """Their models and severities."""
        return {(one["labels"]["model"], one["labels"]["severity"]) for one in self.alerts()}

    def notified(self) -> list[tuple[str, str, str]]:
        """Whom it told of what: model, severity, firing or resolved, in order."""
        some = [alert for one in list(self.told) for alert in one["alerts"]]
        return [(one["labels"]["model"], one["labels"]["severity"], one["status"]) for one in some]


@contextmanager
def real(directory: Path) -> Iterator[Real]:
    """An Alertmanager on free ports, fetched if need be. Fails, saying what was tried, where there is none."""
    binary = str(tool("alertmanager"))
    told: list[dict[str, Any]] = []
    with _hook(told) as hook:
        config = directory / "alertmanager.yml"
        config.write_text(CONFIG.format(url=hook), encoding="utf-8")
        port = free_port()
        options = [f"--config.file={config}", f"--storage.path={directory}", "--cluster.listen-address="]
        with (directory / "log").open("wb") as log:
            process = subprocess.Popen(
                [binary, *options, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log
            )
        try:
            made = Real(f"http://127.0.0.1:{port}", told)
            until(lambda: _is_up(made))
            yield made
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def until(what: Callable[[], Any]) -> None:
    """Wait for it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _is_up(made: Real) -> bool:
    try:
        return made.alerts() == []
    except OSError:
        return False


@contextmanager
def _hook(told: list[dict[str, Any]]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_given: object) -> None:
            """No line for each."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
