"""Brings one Alertmanager what it has yet to be told, for as long as the process lives."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

from services.notifier.core import Post
from services.notifier.courier import NEVER, Courier, Parcel
from services.notifier.posting import Verdict

LONGEST_SLEEP = 3_600.0
MOST_POSTS = 500


class Receiver(Protocol):
    """Whoever takes posts."""

    url: str

    async def post(self, posts: Sequence[Post]) -> Verdict:
        """Post them all at once."""


class Delivery:
    """A courier, whom it brings letters to, and `told` of each verdict with the alerts it speaks of."""

    def __init__(self, courier: Courier, receiver: Receiver, told: Callable[[Verdict, int], None]) -> None:
        self.courier, self.receiver, self._told = courier, receiver, told
        self._news = asyncio.Event()

    def recalled(self, record: Mapping[str, Any]) -> None:
        """An alert as the log has it at a start."""
        self.courier.recalled(record, time.monotonic(), time.time())

    def heard(self, record: Mapping[str, Any]) -> None:
        """A record came."""
        self.courier.heard(record, time.monotonic())
        self._news.set()

    async def run(self) -> None:
        """Post whatever is due, then sleep until more is, or news come; until cancelled."""
        while True:
            await self.post_due()
            wait = min(LONGEST_SLEEP, max(0.0, self.courier.next_at() - time.monotonic()))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), wait if self.courier.next_at() < NEVER else None)
            self._news.clear()
            # News do not shorten the wait after a failure.
            await asyncio.sleep(max(0.0, self.courier.not_before - time.monotonic()))

    async def post_due(self) -> None:
        """Post what is due; one refused alert takes no other with it."""
        parcels = self.courier.due(time.monotonic(), time.time())
        for begin in range(0, len(parcels), MOST_POSTS):
            some = parcels[begin : begin + MOST_POSTS]
            if await self._post(some) is not Verdict.REFUSED:
                continue
            for one in some:
                await self._post([one], alone=True)

    async def _post(self, parcels: Sequence[Parcel], *, alone: bool = False) -> Verdict:
        """Post these together; refused together they are to be tried one by one, which says which of them is wrong."""
        posts = [post for parcel in parcels for post in parcel.posts]
        verdict = await self.receiver.post(posts) if posts else Verdict.ACCEPTED
        now = time.monotonic()
        if verdict is Verdict.REFUSED and not alone:
            return verdict
        if posts:
            self._told(verdict, len(parcels))
        if verdict is Verdict.FAILED:
            self.courier.failed(now)
        else:
            for parcel in parcels:
                self.courier.accepted(parcel, now)
        return verdict
