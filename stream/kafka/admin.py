"""Asking a Kafka cluster about its topics, creating them, removing them."""

import socket
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

TOPIC_ALREADY_EXISTS = "TOPIC_ALREADY_EXISTS"


class BrokerUnreachable(Exception):
    """No broker answered within the time; the message says at which address."""


class TopicRefused(Exception):
    """The broker did not create, describe or remove a topic; the message names it with the reason."""


@dataclass(frozen=True)
class WantedTopic:
    """A topic to create: its name, partition count and topic settings."""

    name: str
    partitions: int
    settings: Mapping[str, str] = field(default_factory=dict)


class Admin:
    """An administrator's client of the cluster at `bootstrap`; `settings` are further librdkafka settings."""

    def __init__(
        self,
        bootstrap: str,
        settings: Mapping[str, str] | None = None,
        *,
        timeout_seconds: float = 10.0,
    ) -> None:
        self.bootstrap = bootstrap
        self._timeout_seconds = timeout_seconds
        # log_level 0: our exception reports an unreachable broker once; librdkafka would every second.
        self._client = AdminClient({**(settings or {}), "bootstrap.servers": bootstrap, "log_level": 0})

    def partition_counts(self, timeout_seconds: float | None = None) -> dict[str, int]:
        """Every topic of the cluster with its number of partitions.

        Raises BrokerUnreachable.
        """
        try:
            metadata = self._client.list_topics(timeout=timeout_seconds or self._timeout_seconds)
        except KafkaException as error:
            raise BrokerUnreachable(f"found no Kafka broker at {self.bootstrap}: {error.args[0].str()}") from error
        return {name: len(topic.partitions) for name, topic in metadata.topics.items()}

    def create(self, topics: Iterable[WantedTopic]) -> list[str]:
        """Create the topics that do not exist yet and return, once the broker lists them, the names created.

        Raises TopicRefused, BrokerUnreachable.
        """
        wanted = [NewTopic(t.name, t.partitions, replication_factor=-1, config=dict(t.settings)) for t in topics]
        if not wanted:
            return []
        created = []
        for name, future in self._client.create_topics(wanted, operation_timeout=self._timeout_seconds).items():
            try:
                future.result(self._timeout_seconds * 2)
            except KafkaException as error:
                if error.args[0].name() != TOPIC_ALREADY_EXISTS:
                    raise TopicRefused(f"topic {name} was not created: {error.args[0].str()}") from error
            else:
                created.append(name)
        self._wait_until(lambda there: all(name in there for name in created), f"lists {', '.join(created)}")
        return created

    def settings_of(self, names: Iterable[str]) -> dict[str, dict[str, str]]:
        """The topic settings in force (topic's own, else the broker's) of each topic.

        Raises TopicRefused.
        """
        resources = [ConfigResource(ConfigResource.Type.TOPIC, name) for name in names]
        found = {}
        for resource, future in self._client.describe_configs(resources).items() if resources else ():
            try:
                entries = future.result(self._timeout_seconds)
            except KafkaException as error:
                raise TopicRefused(f"topic {resource.name} cannot be described: {error.args[0].str()}") from error
            found[resource.name] = {entry.name: str(entry.value) for entry in entries.values()}
        return found

    def delete(self, names: Iterable[str]) -> None:
        """Remove the topics and return once the broker no longer lists them.

        Raises TopicRefused, BrokerUnreachable.
        """
        wanted = list(names)
        for name, future in self._client.delete_topics(wanted).items() if wanted else ():
            try:
                future.result(self._timeout_seconds)
            except KafkaException as error:
                raise TopicRefused(f"topic {name} was not removed: {error.args[0].str()}") from error
        self._wait_until(lambda there: not any(name in there for name in wanted), f"forgot {', '.join(wanted)}")

    def _wait_until(self, holds: Callable[[Mapping[str, int]], bool], words: str) -> None:
        """Wait for the broker's own view: the controller, which answers first, is ahead of it by up to a second."""
        deadline = time.monotonic() + self._timeout_seconds
        while not holds(self.partition_counts()):
            if time.monotonic() > deadline:
                raise TopicRefused(f"no broker that {words} within {self._timeout_seconds:g} s")
            time.sleep(0.02)


def wait_for_broker(bootstrap: str, *, timeout_seconds: float, goes_on: Callable[[], bool] = lambda: True) -> None:
    """Return once the broker at `bootstrap` (one HOST:PORT) answers; give up early when `goes_on()` is false.

    Raises BrokerUnreachable.
    """
    host, _, port = bootstrap.rpartition(":")
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline and goes_on():
        try:
            socket.create_connection((host, int(port)), timeout=1.0).close()
            Admin(bootstrap).partition_counts(2.0)
        except (OSError, BrokerUnreachable):
            time.sleep(0.05)
        else:
            return
    raise BrokerUnreachable(f"found no Kafka broker answering at {bootstrap} within {timeout_seconds:g} s")
