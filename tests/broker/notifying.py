"""An alerts topic on the real broker, written in transactions, and notifiers that are processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from schemas.framing import frame
from schemas.records import write_record
from stream.kafka.admin import Admin, WantedTopic

PATIENCE_SECONDS = 60.0


class Alerts:
    """The topic `{prefix}m.alerts`; each call is a transaction, committed unless it is aborted."""

    def __init__(self, brokers: str, prefix: str) -> None:
        self.brokers, self.prefix, self.topic = brokers, prefix, f"{prefix}m.alerts"
        Admin(brokers).create([WantedTopic(self.topic, 1, {"cleanup.policy": "compact"})])
        self._producer = Producer({"bootstrap.servers": brokers, "transactional.id": f"{prefix}drift", "linger.ms": 0})
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

    def __init__(self, alerts: Alerts, log: Path, *urls: str, **said: str) -> None:
        self._log = log
        told = {"brokers": alerts.brokers, "prefix": alerts.prefix, "model": "m", "alertmanagers": ",".join(urls)}
        quick = {"resend_seconds": "1", "hold_seconds": "60", "retry_longest_seconds": "0.3", "admin_port": "0"}
        settings = {f"NOTIFIER_{name.upper()}": value for name, value in {**told, **quick, **said}.items()}
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "services.notifier"],
                env={**os.environ, **settings},
                stdout=out,
                stderr=out,
            )

    def log(self) -> str:
        """All that it said."""
        return self._log.read_text(encoding="utf-8")

    def until(self, what: Callable[[], Any]) -> None:
        """Wait for it, as long as the process lives."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not what():
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def wait(self) -> int:
        """Its exit code, once it ended by itself."""
        return self._process.wait(PATIENCE_SECONDS)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it; the exit code."""
        self._process.send_signal(number)
        return self.wait()

    def close(self) -> None:
        """Leave nothing behind."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


@contextmanager
def notifying(alerts: Alerts, log: Path, *urls: str, **said: str) -> Iterator[Process]:
    """A notifier while the test needs it."""
    process = Process(alerts, log, *urls, **said)
    try:
        yield process
    finally:
        process.close()
