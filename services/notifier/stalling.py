"""Notices a reader that hangs: faust's own detector only logs, and cannot tell (RELIABILITY 4.1)."""

import asyncio
from collections.abc import Mapping
from typing import Protocol

import structlog

from stream.faults import Stopped

CHECKS = 4
"""So many looks at the log within the patience."""


class Kept(Protocol):
    """The log as it is kept."""

    def unheard(self, heard: Mapping[int, int]) -> bool:
        """Whether records lie behind the offsets heard."""


class Stalling:
    """Raises Stopped when records have lain on Kafka for `patience` seconds and nothing was heard meanwhile."""

    def __init__(self, log: Kept, patience: float) -> None:
        self._log, self._patience = log, patience
        self._looked: float | None = None
        self._since: tuple[float, dict[int, int]] | None = None

    async def check(self, heard: Mapping[int, int], now: float) -> None:
        """Look at the log, once in a while; brokers that do not answer are no fault of the reader's."""
        if self._looked is not None and now - self._looked < self._patience / CHECKS:
            return
        self._looked = now
        try:
            waits = await asyncio.to_thread(self._log.unheard, dict(heard))
        except Stopped as error:
            structlog.get_logger().warning("cannot look", why=error.what)
            waits = False
        if not waits:
            self._since = None
        elif self._since is None or self._since[1] != heard:
            self._since = (now, dict(heard))
        elif now - self._since[0] >= self._patience:
            raise Stopped(
                f"records have lain unheard for {now - self._since[0]:.0f} s",
                cause="the reader hangs, as faust's do after some faults of a broker",
                fix="start it again: it posts whatever is open",
            )
