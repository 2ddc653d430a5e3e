"""The one door to a Confluent-compatible Schema Registry."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from stream.faults import Stopped
from stream.kafka.clients import Config, hidden, properties

SCHEMES = {"http", "https", "mock"}
NOT_FOUND = {404, 40401, 40402, 40403}
NUMBERS = {"timeout", "max.retries", "retries.wait.ms", "retries.max.wait.ms", "cache.capacity", "cache.latest.ttl.sec"}


class Registry:
    """Answers which schema has an id or GUID; what it answered once it keeps.

    `file` holds key=value lines for the client: credentials, TLS. Raises ConnectionError when the registry
    cannot be asked, which is nobody's record's fault, Stopped when the client refuses its configuration.
    No message of either shows a value of the file.
    """

    def __init__(self, url: str, file: Path | None = None) -> None:
        _check_address(url)
        self._given: Config = properties(file)
        try:
            told = {name: _number(name, value) for name, value in self._given.items()}
            self._client = SchemaRegistryClient.new_client({"timeout": 5, "max.retries": 1, **told, "url": url})
        except (ValueError, TypeError, OSError) as error:
            raise Stopped(
                f"schema registry client: {self._said(error)}",
                cause="a line of the file of its settings, whose values are not shown here",
                fix="give the names and values that confluent-kafka's client knows",
                configuration=True,
            ) from None

    def by_id(self, schema_id: int) -> object | None:
        """The parsed JSON of a schema; None when the registry knows none."""
        return self._ask(lambda: self._client.get_schema(schema_id))

    def by_guid(self, guid: bytes) -> object | None:
        """The parsed JSON of the schema with this GUID; None when the registry knows none."""
        return self._ask(lambda: self._client.get_schema_by_guid(str(UUID(bytes=guid))))

    def _ask(self, question: Callable[[], Any]) -> object | None:
        try:
            found = question()
        except Exception as error:  # noqa: BLE001 - the registry's, HTTP's and OAuth's errors share no narrower parent
            if _is_not_found(error):
                return None
            raise ConnectionError(f"schema registry: {self._said(error)}") from None
        return _parsed(found)

    def id_of(self, subject: str, schema: object, *, register: bool) -> int:
        """The id of one of our own schemas under `subject`; registered first where that is allowed.

        Raises Stopped when it is not there and may not be registered.
        """
        text = Schema(json.dumps(schema), "AVRO")
        try:
            if register:
                return int(self._client.register_schema(subject, text))
            return int(self._client.lookup_schema(subject, text).schema_id)
        except SchemaRegistryError as error:
            raise Stopped(
                f"schema registry: {subject}: {self._said(error)}",
                cause="our schema is not registered, or is not allowed to be",
                fix="register it in CI from schemas/avro, or allow register_schemas outside production",
                configuration=True,
            ) from None
        except Exception as error:  # noqa: BLE001 - HTTP's and OAuth's errors share no narrower parent
            raise Stopped(
                f"schema registry cannot be asked: {self._said(error)}", fix="check its address", configuration=True
            ) from None

    def _said(self, error: Exception) -> str:
        return hidden(f"{type(error).__name__}: {error}", self._given)


def _is_not_found(error: Exception) -> bool:
    return isinstance(error, SchemaRegistryError) and bool({error.error_code, error.http_status_code} & NOT_FOUND)


def _parsed(found: Any) -> object:
    """The schema's JSON; what is no Avro stays text, which whoever compiles it refuses as the record's fault."""
    if found.schema_type not in (None, "AVRO"):
        return str(found.schema_type)
    try:
        parsed: object = json.loads(found.schema_str)
    except (ValueError, RecursionError):
        return "not JSON"
    return "null" if parsed is None else parsed


def _number(name: str, value: str) -> str | float:
    """What the client wants as a number; a line of a file is text. Raises ValueError without the value."""
    if name not in NUMBERS:
        return value
    try:
        return float(value)
    except ValueError:
        raise ValueError(f"{name} is no number") from None


def _check_address(url: str) -> None:
    """A credential in the address would be seen in logs and process lists. Raises Stopped, which shows no address."""
    try:
        parts = [urlsplit(one.strip()) for one in url.split(",")]
        good = all(
            part.scheme in SCHEMES and part.hostname and part.port != 0 and "@" not in part.netloc for part in parts
        )
    except ValueError:
        good = False
    if not good:
        raise Stopped(
            "the schema registry's address is not http(s)://host[:port][/path]",
            cause="it is misspelt, or it holds a user and password, which would show in logs and process lists",
            fix="correct it; a user goes into the file of its settings: basic.auth.user.info=USER:PASSWORD",
            configuration=True,
        )
