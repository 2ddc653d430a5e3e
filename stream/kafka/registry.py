"""The one door to a Confluent-compatible Schema Registry."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from confluent_kafka.schema_registry import ConfigCompatibilityLevel, Schema, SchemaRegistryClient, ServerConfig
from confluent_kafka.schema_registry.error import SchemaRegistryError

from stream.faults import Stopped
from stream.kafka.asking import Asking
from stream.kafka.clients import Config
from stream.properties import hidden, properties

SCHEMES = {"http", "https", "mock"}
NOT_FOUND = {404, 40401, 40402, 40403}
NUMBERS = {"timeout", "max.retries", "retries.wait.ms", "retries.max.wait.ms", "cache.capacity", "cache.latest.ttl.sec"}
PATIENCE_SECONDS = 0.5
"""How long a batch waits for an answer; a later one is kept by the client for whoever asks again."""
MOST_SCHEMA_BYTES = 262_144
MOST_SAID = 200
MOST_ANSWER_BYTES = 4 * MOST_SCHEMA_BYTES
"""A schema as text in JSON: every quote of it is escaped."""


class TooLarge(Exception):
    """An answer is larger than any schema that would be read."""


class Registry:
    """Answers which schema has an id or GUID; what it answered once it keeps.

    `file` holds key=value lines for the client: credentials, TLS. `parse` reads a schema's text, and raises
    ValueError for one that is not to be read. Raises ConnectionError when the registry cannot be asked, or does
    not answer within `patience_seconds`, which is nobody's record's fault, Stopped when the client refuses its
    configuration. No message of either shows a value of the file. No redirect is followed.
    """

    def __init__(
        self,
        url: str,
        file: Path | None = None,
        *,
        parse: Callable[[str], object] = json.loads,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
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
        _guard(self._client._rest_client.session)
        self._parse, self._asking = parse, Asking(patience_seconds)

    def by_id(self, schema_id: int) -> object | None:
        """The parsed JSON of a schema; None when the registry knows none."""
        return self._ask(lambda: self._client.get_schema(schema_id))

    def by_guid(self, guid: bytes) -> object | None:
        """The parsed JSON of the schema with this GUID; None when the registry knows none."""
        return self._ask(lambda: self._client.get_schema_by_guid(str(UUID(bytes=guid))))

    def _ask(self, question: Callable[[], Any]) -> object | None:
        try:
            return self._parsed(self._asking(question))
        except TooLarge as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 - the registry's, HTTP's and OAuth's errors share no narrower parent
            if _is_not_found(error):
                return None
            raise ConnectionError(f"schema registry: {self._said(error)}") from None

    def _parsed(self, found: Any) -> object:
        """The schema's JSON; what is no Avro stays text, which whoever compiles it refuses as the record's fault."""
        if found.schema_type not in (None, "AVRO"):
            return str(found.schema_type)[:MOST_SAID]
        if len(found.schema_str) > MOST_SCHEMA_BYTES:
            raise TooLarge(f"a schema of {len(found.schema_str)} characters, expected at most {MOST_SCHEMA_BYTES}")
        try:
            parsed = self._parse(found.schema_str)
        except (ValueError, RecursionError) as error:
            return f"not JSON that is read: {error}"[:MOST_SAID]
        return "null" if parsed is None else parsed

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

    def keep_compatible(self, subject: str, compatibility: str) -> None:
        """Have the registry take under `subject`, which is there, only what is compatible: FULL_TRANSITIVE, BACKWARD.

        Raises Stopped when it does not do that, KeyError for a word that is none of Avro's.
        """
        level = ServerConfig(compatibility=ConfigCompatibilityLevel[compatibility])
        try:
            self._client.set_config(subject, level)
        except Exception as error:  # noqa: BLE001 - as above
            raise Stopped(
                f"schema registry: {subject}: {self._said(error)}",
                cause=f"it was not told to keep the subject {compatibility}",
                fix="look whether it is writable, and whether this user may change its configuration",
                configuration=True,
            ) from None

    def _said(self, error: Exception) -> str:
        return hidden(f"{type(error).__name__}: {error}", self._given)


def _is_not_found(error: Exception) -> bool:
    return isinstance(error, SchemaRegistryError) and bool({error.error_code, error.http_status_code} & NOT_FOUND)


def _guard(session: Any) -> None:
    """Make an HTTP client read no more than an answer may have, as it comes, from nobody but whom it asked."""
    session.follow_redirects = False
    session.headers["Accept-Encoding"] = "identity"
    session.event_hooks = {"response": [_read_some]}


def _read_some(response: Any) -> None:
    """Read an answer, but not all of one that is too large; it runs before the client would read it whole."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise ConnectionError("found a compressed answer, which may grow without bounds, expected it plain")
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > MOST_ANSWER_BYTES:
            words = f"an answer of over {MOST_ANSWER_BYTES} bytes"
            # Only what calls itself JSON may be a schema; a page of some proxy is nobody's record's fault.
            schema = response.is_success and "json" in response.headers.get("content-type", "")
            raise TooLarge(words) if schema else ConnectionError(words)
    response._content = bytes(body)


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
