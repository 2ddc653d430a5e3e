"""The notifier's page: READS {model}.alerts, committed records only; WRITES nothing; POSTS to every Alertmanager."""

import asyncio
import random
import time
from collections.abc import Iterable
from typing import Any

import structlog
from faust.types import Message, StreamT

from schemas.records import RecordRefused
from schemas.source import SchemaSource, SourceUnavailable
from services.notifier.core import Record, Words
from services.notifier.courier import Courier, Patience
from services.notifier.delivery import Delivery, Receiver
from services.notifier.reading import read_alert
from services.notifier.settings import Settings
from services.notifier.transport import CommittedApp
from services.notifier.watch import Watching

RETRY_SECONDS = 1.0


class Notifier:
    """Hears each record once in this process, and hands it to the delivery of every Alertmanager."""

    def __init__(
        self, settings: Settings, receivers: Iterable[Receiver], watching: Watching, source: SchemaSource | None = None
    ) -> None:
        self._watching, self._source = watching, source
        self.deliveries = [_delivery(settings, one, watching) for one in receivers]
        self.heard_to: dict[int, int] = {}
        """By partition the offset before which every record was heard."""
        self.broken: BaseException | None = None

    def recall(self, records: Iterable[Record], heard_to: dict[int, int]) -> None:
        """Begin with what the log held at the start."""
        for record in records:
            for delivery in self.deliveries:
                delivery.recalled(record)
        self.heard_to = dict(heard_to)
        self._watching.health.met("recalled")

    def read_by(self, app: CommittedApp, topic: str) -> None:
        """Let `app` bring the records of `topic`, one at a time: only then faust commits no more than was heard."""
        channel = app.topic(topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")

        @app.agent(channel, concurrency=1, name="alerts")
        async def alerts(stream: StreamT[bytes]) -> None:
            async for event in stream.events():
                await self._use(event.message)

    async def _use(self, message: Message) -> None:
        """Hear a record. What is not our doing stops the process, unacknowledged: faust would go on without it."""
        try:
            await self.hear(message.partition, message.offset, message.value)
        except Exception as error:  # noqa: BLE001 - whatever it is: an exception in an agent loses its event
            self.broken = error
            await asyncio.Event().wait()

    async def hear(self, partition: int, offset: int, value: Any) -> None:
        """Hear a record, unless it was heard before."""
        if offset < self.heard_to.get(partition, 0):
            return
        record = await self._read(offset, value)
        if record is not None:
            for delivery in self.deliveries:
                delivery.heard(record)
        self.heard_to[partition] = offset + 1

    async def _read(self, offset: int, value: bytes | None) -> Record | None:
        """The record; None for what is none. Waits for a source of schemas that cannot be asked."""
        while True:
            try:
                record = await asyncio.to_thread(read_alert, value, self._source)
            except SourceUnavailable as error:
                structlog.get_logger().warning("waits", why=str(error))
                await asyncio.sleep(RETRY_SECONDS)
            except RecordRefused as refused:
                structlog.get_logger().error("unreadable", offset=offset, why=str(refused))
                self._watching.heard("unreadable")
                return None
            else:
                self._watching.heard("deleted" if record is None else record["status"])
                return record

    def look(self) -> None:
        """Show how things stand."""
        self._watching.look({one.receiver.url: one.courier for one in self.deliveries}, time.monotonic())


def _delivery(settings: Settings, receiver: Receiver, watching: Watching) -> Delivery:
    words = Words(
        least=settings.least_severity,
        hold_seconds=settings.hold_seconds,
        link=settings.link,
        runbooks=settings.runbooks,
    )
    patience = Patience(
        resend_seconds=settings.resend_seconds,
        first_seconds=settings.retry_first_seconds,
        longest_seconds=settings.retry_longest_seconds,
    )
    courier = Courier(words=words, patience=patience, chance=random.random)
    return Delivery(courier, receiver, lambda verdict, alerts: watching.posted(receiver.url, verdict, alerts))
