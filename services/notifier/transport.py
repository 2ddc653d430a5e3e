"""Faust as far as we trust it: a transport that reads committed records only, an app without anything else."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiokafka
import faust
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, TransportT

from services.notifier.settings import Settings
from stream.faults import Stopped
from stream.properties import properties


class _Thread(driver.AIOKafkaConsumerThread):
    """The consumer's thread, whose consumer reads committed records only (faust's own reads aborted ones too)."""

    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"  # noqa: SLF001 - read at start(); faust has no setting for it
        return consumer


class _Consumer(driver.Consumer):
    """Commits up to the last record that was used; right only because one is used at a time, in order.

    A transaction's marker takes an offset that never comes. Faust keeps such gaps in a tree and gets past one a commit:
    on a topic written in transactions it falls behind for ever.
    """

    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)

    def _new_offset(self, tp: TP) -> int | None:
        acked = self._acked[tp]
        if not acked:
            return None
        last = max(acked)
        acked.clear()
        self._acked_index[tp].clear()
        self._gap[tp].clear()
        return int(last) + 1

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        del tp, offset_from, offset_to


class _Transport(driver.Transport):
    Consumer = _Consumer


class CommittedApp(faust.App):
    """A faust app that reads committed records only."""

    def _new_transport(self) -> TransportT:
        return _Transport(self.conf.broker_consumer, self)


def app_of(settings: Settings, directory: Path) -> CommittedApp:
    """The app of one notifier, which keeps nothing: `directory` only holds what faust insists on making.

    Everything that could write, listen, declare a topic or keep a table is off. Raises Stopped for a Kafka file that
    asks for what faust cannot do.
    """
    return CommittedApp(
        settings.group_id(),
        broker=[f"kafka://{one}" for one in settings.brokers.split(",")],
        broker_credentials=credentials(settings.kafka_config),
        datadir=str(directory),
        store="memory://",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        processing_guarantee="at_least_once",
        stream_wait_empty=True,
        stream_publish_on_commit=False,
        producer_threaded=False,
        producer_acks=-1,
        consumer_auto_offset_reset="earliest",
        # With faust's own 60 s whoever comes after a kill -9 reads nothing for as long.
        consumer_group_instance_id=settings.slot or "",
        broker_session_timeout=10.0,
        broker_heartbeat_interval=3.0,
        broker_commit_interval=1.0,
    )


def credentials(file: Path | None) -> Any:
    """What the properties of librdkafka in `file` are to faust; None without TLS and SASL. Raises Stopped."""
    said = properties(file)
    protocol = said.get("security.protocol", "PLAINTEXT").upper()
    context = _context(said) if protocol.endswith("SSL") else None
    if protocol == "SSL":
        return faust.SSLCredentials(context=context)
    if not protocol.startswith("SASL"):
        return None
    mechanism = said.get("sasl.mechanism", said.get("sasl.mechanisms", "PLAIN")).upper()
    if mechanism not in {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}:
        raise Stopped(
            f"{file}: the notifier cannot use this sasl.mechanism",
            cause="it reads with another client than the other services",
            fix="use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512",
            configuration=True,
        )
    names = {"username": said.get("sasl.username"), "password": said.get("sasl.password")}
    return faust.SASLCredentials(**names, mechanism=mechanism, ssl_context=context)


def _context(said: Mapping[str, str]) -> ssl.SSLContext:
    """TLS as the properties want it. Raises Stopped."""
    try:
        context = ssl.create_default_context(cafile=said.get("ssl.ca.location"))
        if "ssl.certificate.location" in said:
            key, word = said.get("ssl.key.location"), said.get("ssl.key.password")
            context.load_cert_chain(said["ssl.certificate.location"], key, word)
    except (OSError, ssl.SSLError) as error:
        fix = "give PEM files that this user may read"
        raise Stopped(f"TLS files: {type(error).__name__}", fix=fix, configuration=True) from None
    return context
