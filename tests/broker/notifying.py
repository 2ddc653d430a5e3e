"""An alerts topic on the real broker, written in transactions, and notifiers that are processes."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from schemas.framing import frame
from schemas.records import write_record
from stream.kafka.admin import Admin, WantedTopic
from tests.broker.nursery import Nursery

PATIENCE_SECONDS = 60.0


class Alerts:
    """The topic `{prefix}m.alerts`; each call is a transaction, committed unless it is aborted."""

    def __init__(self, brokers: str, prefix: str) -> None:
        self.brokers, self.prefix, self.topic = brokers, prefix, f"{prefix}m.alerts"
        Admin(brokers).create([WantedTopic(self.topic, 1, {"cleanup.policy": "compact"})])
        quick = {"linger.ms": 0, "reconnect.backoff.max.ms": 200, "retry.backoff.ms": 20, "log_level": 0}
        self._producer = Producer({"bootstrap.servers": brokers, "transactional.id": f"{prefix}drift", **quick})
        self._producer.init_transactions(PATIENCE_SECONDS)

    def write(self, *records: dict[str, Any], aborted: bool = False) -> None:
        """Write them all, or none."""
        self.write_bytes(*((one["alert_id"].encode(), write_record("alert", one, frame(7))) for one in records))
        self.end(aborted=aborted)

    def write_bytes(self, *pairs: tuple[bytes, bytes | None]) -> None:
        """Begin a transaction with these."""
        self._producer.begin_transaction()
        for key, value in pairs:
            self._producer.produce(self.topic, value, key, partition=0)
        self._producer.flush()

    def end(self, *, aborted: bool = False) -> None:
        """End it."""
        (self._producer.abort_transaction if aborted else self._producer.commit_transaction)(PATIENCE_SECONDS)


class Process:
    """A notifier of `alerts` that posts to `urls`."""

    def __init__(self, alerts: Alerts, nursery: Nursery, log: Path, *urls: str, **said: str) -> None:
        told = {"brokers": alerts.brokers, "prefix": alerts.prefix, "model": "m", "alertmanagers": ",".join(urls)}
        quick = {"resend_seconds": "1", "hold_seconds": "60", "retry_longest_seconds": "0.3", "admin_port": "0"}
        settings = {f"NOTIFIER_{name.upper()}": value for name, value in {**told, **quick, **said}.items()}
        self._child = nursery.start("notifier", "services.notifier", log=log, environment=settings)

    def log(self) -> str:
        """All that it said, and those that wrote there before."""
        return self._child.log.read_text(encoding="utf-8")

    def until(self, what: Callable[[], Any]) -> None:
        """Wait for it, as long as the process lives."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not what():
            assert self._child.exit_code is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def wait(self) -> int:
        """Its exit code, once it ended by itself."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (code := self._child.exit_code) is None:
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)
        return code

    def stop(self) -> int:
        """Ask it to end; the exit code."""
        self._child.ask_to_stop()
        return self.wait()

    def kill(self) -> None:
        """As `kill -9` does; nothing where it has ended."""
        self._child.kill()


@contextmanager
def notifying(alerts: Alerts, nursery: Nursery, log: Path, *urls: str, **said: str) -> Iterator[Process]:
    """A notifier while the test needs it."""
    process = Process(alerts, nursery, log, *urls, **said)
    try:
        yield process
    finally:
        process.kill()
