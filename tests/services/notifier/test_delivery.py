"""Deliveries over real HTTP to a receiver that speaks Alertmanager's API."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from services.notifier.core import Words
from services.notifier.courier import Courier, Patience
from services.notifier.delivery import Delivery
from services.notifier.posting import Alertmanager, Verdict
from tests.services.notifier.receiver import Receiver, receiving
from tests.services.notifier.records import told

PATIENCE = Patience(resend_seconds=0.2, first_seconds=0.02, longest_seconds=0.05)
LONG = 20.0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """One for the test."""
    with receiving() as made:
        yield made


class World:
    """A delivery that runs, and what it was told of its posts."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.verdicts: list[tuple[Verdict, int]] = []
        courier = Courier(words=Words(), patience=PATIENCE, chance=lambda: 0.0)
        alertmanager = Alertmanager(url, session)
        self.delivery = Delivery(courier, alertmanager, lambda *said: self.verdicts.append(said))


@asynccontextmanager
async def delivering(url: str) -> AsyncIterator[World]:
    """A delivery to `url`."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        world = World(url, session)
        task = asyncio.create_task(world.delivery.run())
        try:
            yield world
        finally:
            task.cancel()


async def until(what: Callable[[], Any]) -> None:
    """Wait for it."""
    async with asyncio.timeout(LONG):
        while not what():  # noqa: ASYNC110 - the receiver is a thread
            await asyncio.sleep(0.01)


def run(story: Awaitable[None]) -> None:
    """Run a story to its end."""

    async def whole() -> None:
        await story

    asyncio.run(whole())


def test_alerts_stand_until_they_are_over(receiver: Receiver) -> None:
    """Posted at once, again while open, then ended."""

    async def story() -> None:
        async with delivering(receiver.url) as world:
            world.delivery.heard(told())
            await until(lambda: len(receiver.posts) > 2)
            assert [one["labels"]["model"] for one in receiver.standing()] == ["m-a"]
            world.delivery.heard(told(status="resolved"))
            await until(lambda: not receiver.standing())
            assert not world.delivery.courier.letters

    run(story())


@pytest.mark.parametrize("status", [500, 503, 429, 401, 302])
def test_a_down_alertmanager_loses_nothing(receiver: Receiver, status: int) -> None:
    """Whatever it answers with; once it is back it learns how things stand."""
    receiver.status = status

    async def story() -> None:
        async with delivering(receiver.url) as world:
            world.delivery.heard(told("a"))
            world.delivery.heard(told("b"))
            await until(lambda: receiver.tries > 3)
            assert not receiver.posts
            receiver.status = 200
            await until(lambda: len(receiver.standing()) == 2)
            assert world.verdicts[0] == (Verdict.FAILED, 2)

    run(story())


def test_nobody_listening_is_as_good_as_down() -> None:
    """A refused connection."""
    with receiving() as gone:
        url = gone.url

    async def story() -> None:
        async with delivering(url) as world:
            world.delivery.heard(told())
            await until(lambda: len(world.verdicts) > 2)
            assert {verdict for verdict, _ in world.verdicts} == {Verdict.FAILED}
            assert world.delivery.courier.letters

    run(story())


def test_one_refused_alert_takes_no_other_with_it(receiver: Receiver) -> None:
    """They are posted one by one; the refused one is tried when it is due again, and holds nobody up."""

    async def story() -> None:
        async with delivering(receiver.url) as world:
            for name in ("b", "a", "c"):
                world.delivery.heard(told(name, model="refused" if name == "a" else f"m-{name}"))
            await until(lambda: len(receiver.standing()) == 2)
            await until(lambda: (Verdict.REFUSED, 1) in world.verdicts)
            assert world.delivery.courier.failures == 0

    run(story())


def test_a_cluster_hears_it_member_by_member(receiver: Receiver) -> None:
    """One that is down keeps no other from hearing."""
    with receiving() as other:
        other.status = 500

        async def story() -> None:
            async with delivering(receiver.url) as first, delivering(other.url) as second:
                for one in (first, second):
                    one.delivery.heard(told())
                await until(receiver.standing)
                other.status = 200
                await until(other.standing)

        run(story())
