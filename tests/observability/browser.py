"""A real Chromium without a window, told over its own protocol what to open, asked what it drew."""

import asyncio
import base64
import itertools
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp

BINARIES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_SECONDS = 120.0
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-sync")
"""Without a sandbox: it opens our own pages alone, and in a container there is none to be had."""


class Tab:
    """The only tab: what it asked for, what it complained of, what its page says."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, loop: asyncio.AbstractEventLoop) -> None:
        self._socket, self._loop, self._numbers = socket, loop, itertools.count(1)
        self._loaded = 0
        self.requests: list[str] = []
        self.complaints: list[str] = []

    def ask(self, method: str, **words: Any) -> Any:
        """What the browser answers; events that come meanwhile are kept."""
        return self._loop.run_until_complete(self._ask(method, words))

    async def _ask(self, method: str, words: dict[str, Any]) -> Any:
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": words})
        while True:
            said = await asyncio.wait_for(self._socket.receive_json(), PATIENCE_SECONDS)
            if said.get("id") == number:
                assert "error" not in said, said
                return said["result"]
            self._hear(said.get("method"), said.get("params", {}))

    def _hear(self, event: str | None, said: dict[str, Any]) -> None:
        if event == "Network.requestWillBeSent":
            self.requests.append(said["request"]["url"])
        elif event == "Page.loadEventFired":
            self._loaded += 1
        elif event in ("Log.entryAdded", "Runtime.exceptionThrown", "Page.javascriptDialogOpening"):
            self.complaints.append(f"{event}: {said}")

    def open(self, url: str, *, width: int = 1080, height: int = 1600, scheme: str = "light") -> None:
        """Open a page in a window of that size, light or dark, and wait until it is loaded."""
        self.requests, self.complaints = [], []
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        before = self._loaded
        self.ask("Page.navigate", url=url)
        self.until(lambda: self.says("document.readyState") == "complete" and self._loaded > before)

    def says(self, script: str) -> Any:
        """The value of an expression in the page."""
        found = self.ask("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def until(self, claim: Callable[[], Any]) -> None:
        """Wait for it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not claim():
            assert time.monotonic() < deadline, f"in vain; complaints: {self.complaints}"
            time.sleep(0.05)

    def point_at(self, x: float, y: float) -> None:
        """Move the pointer there."""
        self.ask("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def picture(self, file: Path) -> None:
        """Keep what the window shows as PNG."""
        file.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"]))


@contextmanager
def tab(directory: Path) -> Iterator[Tab]:
    """A browser with a profile of its own. Fails, saying what it needs, where there is none."""
    binary = next((found for name in BINARIES if (found := shutil.which(name))), None)
    assert binary, "this test needs chromium on the PATH: apt-get install --no-install-recommends chromium"
    command = [binary, *OPTIONS, "--remote-debugging-port=0", f"--user-data-dir={directory}", "about:blank"]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    loop = asyncio.new_event_loop()
    try:
        port = _port(directory / "DevToolsActivePort", process)
        session, socket = loop.run_until_complete(_connected(port))
        made = Tab(socket, loop)
        for domain in ("Page", "Network", "Log", "Runtime"):
            made.ask(f"{domain}.enable")
        yield made
        loop.run_until_complete(session.close())
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)
        loop.close()


def _port(file: Path, process: "subprocess.Popen[bytes]") -> int:
    """The port that the browser took, which it writes down once it listens."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (file.exists() and file.read_text().count("\n")):
        assert process.poll() is None, f"chromium ended with {process.returncode}: {file.with_name('log').read_text()}"
        assert time.monotonic() < deadline, "chromium does not listen"
        time.sleep(0.05)
    return int(file.read_text().splitlines()[0])


async def _connected(port: int) -> tuple[aiohttp.ClientSession, aiohttp.ClientWebSocketResponse]:
    session = aiohttp.ClientSession()
    async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
        pages = [one for one in await answer.json() if one["type"] == "page"]
    return session, await session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0)
