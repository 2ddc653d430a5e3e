"""A TCP proxy that can lose its voice: what goes through it may be held, delayed, cut or refused."""

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine
from typing import Any, Literal

Direction = Literal["up", "down"]
CHUNK = 65_536
GLANCE_SECONDS = 0.01
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on, for no time at all: closing sends RST."""


class Proxy:
    """Passes connections at `port` on to `target_port`, both on loopback, until `close`.

    Held bytes are kept, as a network keeps them that is mended in time; a cut connection loses them.
    """

    def __init__(self, port: int, target_port: int) -> None:
        self.port, self._target = port, target_port
        self._links: set[Link] = set()
        self._held: set[Direction] = set()
        self._delay_seconds = 0.0
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.accept()

    @property
    def address(self) -> str:
        """Where clients connect."""
        return f"127.0.0.1:{self.port}"

    def accept(self) -> None:
        """Take connections."""
        self._run(self._listen())

    def refuse(self) -> None:
        """Cut every connection, take no new one."""
        self._run(self._deafen())

    def hold(self, *directions: Direction) -> None:
        """Nothing goes that way any more: `up` to the broker, `down` to the client."""
        self._held = set(directions)

    def hold_these(self, *directions: Direction) -> None:
        """The same, of the connections there are now; new ones pass."""
        for link in list(self._links):
            link.held = set(directions)

    def delay(self, seconds: float) -> None:
        """Every answer comes so much later."""
        self._delay_seconds = seconds

    def cut(self) -> None:
        """Reset every connection."""
        self._run(self._cut())

    def heal(self) -> None:
        """All is well again."""
        self.hold()
        self.hold_these()
        self.delay(0.0)

    def close(self) -> None:
        """Cut everything, end the thread."""
        self.refuse()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def _deafen(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._cut()

    async def _cut(self) -> None:
        links = list(self._links)
        for link in links:
            link.cut()
        await asyncio.gather(*(link.done.wait() for link in links))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            theirs = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        link = Link((writer, theirs[1]))
        self._links.add(link)
        link.pumps = [
            asyncio.create_task(self._pump(link, "up", reader, theirs[1])),
            asyncio.create_task(self._pump(link, "down", theirs[0], writer)),
        ]
        await asyncio.wait(link.pumps, return_when=asyncio.FIRST_COMPLETED)
        link.cut()
        await asyncio.gather(*link.pumps, return_exceptions=True)
        self._links.discard(link)
        link.done.set()

    async def _pump(
        self, link: "Link", way: Direction, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while data := await reader.read(CHUNK):
            if way == "down" and self._delay_seconds:
                await asyncio.sleep(self._delay_seconds)
            while way in self._held or way in link.held:  # noqa: ASYNC110 - two sets decide, not one event
                await asyncio.sleep(GLANCE_SECONDS)
            writer.write(data)
            await writer.drain()


class Link:
    """One connection through the proxy."""

    def __init__(self, ends: tuple[asyncio.StreamWriter, asyncio.StreamWriter]) -> None:
        self._ends = ends
        self.held: set[Direction] = set()
        self.pumps: list[asyncio.Task[None]] = []
        self.done = asyncio.Event()

    def cut(self) -> None:
        """Reset both ends."""
        for writer in self._ends:
            if not writer.transport.is_closing():
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                writer.transport.abort()
        for pump in self.pumps:
            pump.cancel()
