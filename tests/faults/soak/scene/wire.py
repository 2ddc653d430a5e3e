"""TCP wires between a client and the broker that can be held, cut, muted, slowed and reset."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from typing import Any

CHUNK_BYTES = 65_536
ABORTIVE = struct.pack("ii", 1, 0)
"""SO_LINGER that makes closing a connection reset it."""


class Wire:
    """One listening port, forwarded to another: how it behaves is changed from any thread through `Wires`."""

    def __init__(self, listens: int, leads_to: int) -> None:
        self.listens, self.leads_to = listens, leads_to
        self.delay_seconds = 0.0
        self.swallows: frozenset[str] = frozenset()
        self.flows = asyncio.Event()
        self.flows.set()
        self.writers: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until either end closes it."""
        try:
            theirs, ours = await asyncio.open_connection("127.0.0.1", self.leads_to)
        except OSError:
            writer.close()
            return
        pair = {writer, ours}
        self.writers |= pair
        try:
            ways = (self._carry(reader, ours, "requests"), self._carry(theirs, writer, "answers"))
            tasks = [asyncio.ensure_future(way) for way in ways]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            self.writers -= pair
            for one in pair:
                one.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK_BYTES):
                if self.delay_seconds:
                    await asyncio.sleep(self.delay_seconds)
                await self.flows.wait()
                if way not in self.swallows:
                    writer.write(data)
                    await writer.drain()

    def reset(self) -> None:
        """Break every connection."""
        for writer in self.writers:
            connection = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORTIVE)
            writer.transport.abort()


class Wires:
    """The wires by name, in a thread of their own."""

    def __init__(self, ports: dict[str, tuple[int, int]]) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._wires = {name: Wire(*pair) for name, pair in ports.items()}
        self._servers = [self._run(self._listen(wire)) for wire in self._wires.values()]

    async def _listen(self, wire: Wire) -> asyncio.Server:
        return await asyncio.start_server(wire.serve, "127.0.0.1", wire.listens)

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def _each(self, target: str, change: Callable[[Wire], None]) -> None:
        async def do() -> None:
            for name, wire in self._wires.items():
                if target in ("all", name):
                    change(wire)

        self._run(do())

    def stall(self, target: str) -> Callable[[], None]:
        """Hold everything back; what was held is delivered when it is over."""
        self._each(target, lambda wire: wire.flows.clear())
        return lambda: self._each(target, lambda wire: wire.flows.set())

    def swallow(self, target: str, *ways: str) -> Callable[[], None]:
        """Lose the `requests`, the `answers` or both; the connections are of no more use when it is over."""

        def lose(wire: Wire) -> None:
            wire.swallows = frozenset(ways)

        def heal(wire: Wire) -> None:
            wire.swallows = frozenset()
            wire.reset()

        self._each(target, lose)
        return lambda: self._each(target, heal)

    def delay(self, target: str, seconds: float) -> Callable[[], None]:
        """Carry everything so much later."""

        def slow(wire: Wire, by: float) -> None:
            wire.delay_seconds = by

        self._each(target, lambda wire: slow(wire, seconds))
        return lambda: self._each(target, lambda wire: slow(wire, 0.0))

    def reset(self, target: str) -> None:
        """Break every connection, as a router that forgot them would."""
        self._each(target, Wire.reset)

    def close(self) -> None:
        """Listen no more, carry nothing on."""
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        for wire in self._wires.values():
            wire.reset()
        mine = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not mine]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
