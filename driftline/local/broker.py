"""A real Apache Kafka of one node as a child process, on loopback."""

import base64
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from driftline.local.aot import aot_flags
from driftline.local.child import Child
from driftline.local.jars import classpath
from driftline.local.java import java_command
from driftline.local.one_node import SETTINGS
from driftline.local.ports import free_port, is_free
from driftline.output import FAILED, Refusal
from stream.kafka.admin import BrokerUnreachable, wait_for_broker

READY_WITHIN_SECONDS = 60.0
GRACE_SECONDS, TRAINING_GRACE_SECONDS = 10.0, 120.0  # what a training recorded, 50 MB, is written at its end


@dataclass
class Broker:
    """A running broker: data, server.properties and (unless said otherwise) broker.log are in `directory`."""

    directory: Path
    bootstrap: str
    heap: str
    is_fast: bool
    log: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    training: Sequence[str] = ()
    child: Child | None = None

    @classmethod
    def start(
        cls,
        directory: Path,
        *,
        heap: str = "384m",
        fast: bool = True,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
        log: Path | None = None,
        training: Sequence[str] = (),
    ) -> Self:
        """Start a broker on the data in `directory` (formatted when new) and return once it answers.

        Without `port` it takes the port of its last run if that is free, else any free one. `fast` starts in
        seconds; without it the JVM optimises fully, for benchmarks (give it heap="1g"). `settings` override
        server.properties. `training` are the JVM's flags when its start is to be recorded (driftline/local/aot.py).

        Raises Refusal when it does not come up; the message carries the end of its log.
        """
        directory = directory.resolve()
        directory.mkdir(parents=True, exist_ok=True)
        chosen = port or _previous_port(directory) or free_port()
        if port and not is_free(port):
            raise Refusal(
                f"port {port} is taken",
                cause="another process listens on it",
                fix="choose another port, or stop that process",
            )
        broker = cls(
            directory=directory,
            bootstrap=f"127.0.0.1:{chosen}",
            heap=heap,
            is_fast=fast,
            log=log or directory / "broker.log",
            settings=dict(settings or {}),
            training=training,
        )
        broker._launch()
        return broker

    @property
    def pid(self) -> int:
        """The process id of the JVM."""
        return self._running().pid

    @property
    def exit_code(self) -> int | None:
        """What the JVM exited with (0 and 143 are clean); None while it runs."""
        return self._running().exit_code

    def stop(self) -> int:
        """Shut it down cleanly and return its exit code: 143 after SIGTERM is clean."""
        return self._running().stop()

    def kill(self) -> None:
        """Kill it as `kill -9` does; its data stays as it was."""
        self._running().kill()

    def restart(self) -> None:
        """Start it again on the same data and port, stopping it first if it runs."""
        self.stop()
        self._launch()

    def _running(self) -> Child:
        if self.child is None:
            raise Refusal("the broker was not started", fix="call Broker.start", code=FAILED)
        return self.child

    def _launch(self) -> None:
        properties = self.directory / "server.properties"
        properties.write_text(self._properties(), encoding="utf-8")
        jars = ["-cp", classpath()]
        java = java_command(self.heap, fast=self.is_fast)
        known = aot_flags(_train) if self.is_fast and not self.training else []
        if not (self.directory / "data" / "meta.properties").exists():
            _format([*java, *known, *jars], properties)
        self.child = child = Child.start(
            "broker",
            [*java, *known, *self.training, *jars, "kafka.Kafka", str(properties)],
            log=self.log,
            grace_seconds=TRAINING_GRACE_SECONDS if self.training else GRACE_SECONDS,
        )
        try:
            wait_for_broker(
                self.bootstrap, timeout_seconds=READY_WITHIN_SECONDS, goes_on=lambda: child.exit_code is None
            )
        except BrokerUnreachable as error:
            ended = f"it exited with {child.exit_code}" if child.exit_code is not None else str(error)
            child.stop()
            raise Refusal(
                "the embedded Kafka did not start",
                cause=f"{ended}; from its log:\n{child.complaints() or child.last_lines()}",
                fix=f"the whole log is {self.log}",
                code=FAILED,
            ) from error
        except BaseException:
            child.stop()
            raise

    def _properties(self) -> str:
        controller = f"127.0.0.1:{free_port()}"
        said = {
            **SETTINGS,
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "controller.quorum.voters": f"1@{controller}",
            "log.dirs": (self.directory / "data").as_posix(),
            **self.settings,
        }
        return "".join(f"{key}={value}\n" for key, value in said.items())


def _train(flags: Sequence[str]) -> None:
    """Start a broker with these flags of the JVM and stop it: what it loads meanwhile is what every start needs."""
    with TemporaryDirectory(prefix="driftline-training-") as directory:
        Broker.start(Path(directory), training=flags).stop()


def _format(command: list[str], properties: Path) -> None:
    cluster = base64.urlsafe_b64encode(b"\x00" + uuid.uuid4().bytes[1:]).decode().rstrip("=")
    tool = [*command, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties)]
    ran = subprocess.run(tool, capture_output=True, text=True, check=False)
    if ran.returncode:
        said = (ran.stdout + ran.stderr).splitlines()
        raise Refusal(
            f"the data directory of the embedded Kafka could not be formatted ({properties.parent})",
            cause="\n".join(line for line in said if not line.startswith("\t")),
            fix="correct the setting named above; if none is, remove that directory",
            code=FAILED,
        )


def _previous_port(directory: Path) -> int | None:
    properties = directory / "server.properties"
    lines = properties.read_text(encoding="utf-8").splitlines() if properties.exists() else []
    for line in lines:
        if line.startswith("advertised.listeners="):
            port = int(line.rpartition(":")[2])
            return port if is_free(port) else None
    return None
