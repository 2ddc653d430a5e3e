"""The one door to redis-py: requests to a Redis-compatible store, each made once and never waited for long."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, NoScriptError, RedisError, ResponseError
from redis.retry import Retry

from stream.faults import Stopped
from stream.properties import hidden
from stream.redis_properties import redis_properties
from stream.store import StoreRefused, StoreUnavailable

TIMEOUT_SECONDS = 0.25
PORT = 6379

Script = Callable[[Sequence[bytes], Sequence[bytes | int]], Any]
"""Keys and arguments in, the script's answer out. Raises StoreUnavailable, StoreRefused."""
Sent = Callable[[Sequence[bytes], Sequence[bytes | int]], Callable[[], Any]]
"""Keys and arguments in, what waits for the script's answer out, to be called once. Both raise as Script does."""


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where a store is: host, port, database, with TLS or without."""

    host: str
    port: int = PORT
    database: int = 0
    is_encrypted: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read HOST:PORT, redis://HOST:PORT[/DB] or rediss:// (TLS). Raises Stopped, which shows no credentials."""
        try:
            parts = urlsplit(text if "://" in text else f"redis://{text}")
            database = int(parts.path.strip("/") or 0)
            port = parts.port or PORT
        except ValueError:
            raise _misplaced("an address that cannot be read") from None
        if parts.username is not None or parts.password is not None or "@" in text:
            raise _misplaced("an address with credentials in it")
        if parts.scheme not in {"redis", "rediss"} or not parts.hostname or parts.query or parts.fragment:
            raise _misplaced("an address that cannot be read")
        return cls(host=parts.hostname, port=port, database=database, is_encrypted=parts.scheme == "rediss")

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def _misplaced(what: str) -> Stopped:
    return Stopped(
        f"Redis: found {what}, expected HOST:PORT, redis://HOST:PORT[/DB] or rediss://HOST:PORT[/DB]",
        fix="put username, password and TLS files into the file of Redis properties",
        configuration=True,
    )


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a store says of itself; `most_bytes` 0 is no limit.

    `speaks` is the version of Redis whose commands it knows, major first. `cpu_seconds` is what it has used of its
    processors since it started.
    """

    name: str
    used_bytes: int
    most_bytes: int
    policy: str
    speaks: tuple[int, ...] = ()
    cpu_seconds: float = 0.0


class Store:
    """A Redis-compatible store at `address`; `file` holds key=value lines: credentials, TLS.

    Connecting and each answer may take `timeout_seconds`, so a request ends within twice that (looking up a host's
    name is the system's own time). Nothing is tried twice here, and a connection that did not answer is thrown away,
    so that no late answer is taken for that of the next request. Raises Stopped for a file it does not understand.
    """

    def __init__(self, address: Address, file: Path | None = None, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self.address = address
        self._given = redis_properties(file)
        secure = address.is_encrypted or any(name.startswith("ssl_") for name in self._given)
        self._client = Redis(
            host=address.host,
            port=address.port,
            db=address.database,
            protocol=2,
            socket_timeout=timeout_seconds,
            socket_connect_timeout=timeout_seconds,
            retry=Retry(NoBackoff(), 0),
            ssl=secure,
            **self._given,  # type: ignore[arg-type]  # names and kinds were checked against KNOWN
        )

    def script(self, lua: str) -> Script:
        """A script to be run by its digest; the store is sent its text when it does not know it (yet, or any more)."""
        registered = self._client.register_script(lua)
        return lambda keys, arguments: self._asked(lambda: registered(keys=list(keys), args=list(arguments)))

    def sent(self, lua: str) -> Sent:
        """As `script`, but nobody waits for the answer before it is asked for: the store works meanwhile."""
        registered, pool = self._client.register_script(lua), self._client.connection_pool

        def send(keys: Sequence[bytes], arguments: Sequence[bytes | int]) -> Callable[[], Any]:
            connection = self._asked(pool.get_connection)

            def answer() -> Any:
                try:
                    return connection.read_response()
                except NoScriptError:
                    return registered(keys=list(keys), args=list(arguments))
                finally:
                    pool.release(connection)

            try:
                self._asked(lambda: connection.send_command("EVALSHA", registered.sha, len(keys), *keys, *arguments))
            except BaseException:
                pool.release(connection)
                raise
            return lambda: self._asked(answer)

        return send

    def is_there(self) -> bool:
        """Whether it answers, if only to ask who we are."""
        try:
            self.check()
        except StoreUnavailable:
            return False
        except Stopped:
            return True
        return True

    def check(self) -> None:
        """Ask whether the store is there; a refusal is an answer. Raises StoreUnavailable, Stopped when not let in."""
        try:
            self._client.ping()
        except AuthenticationError as error:
            raise Stopped(
                f"Redis at {self.address}: {hidden(str(error), self._given)}",
                cause="the store does not accept who we say we are",
                fix="correct username and password in the file of Redis properties; its content is not shown here",
                configuration=True,
            ) from None
        except RedisError as error:
            fault = self._fault(error)
            if isinstance(fault, StoreUnavailable):
                raise fault from None

    def facts(self) -> Facts:
        """What the store says of itself. Raises StoreUnavailable, StoreRefused."""
        said = self._asked(self._client.info)
        valkey, speaks = said.get("valkey_version"), str(said.get("redis_version", ""))
        return Facts(
            name=f"Valkey {valkey}" if valkey else f"Redis {said.get('redis_version', 'of an unknown version')}",
            used_bytes=int(said.get("used_memory", 0)),
            most_bytes=int(said.get("maxmemory", 0)),
            policy=str(said.get("maxmemory_policy", "")),
            speaks=tuple(int(part) for part in speaks.split(".") if part.isdecimal()),
            cpu_seconds=float(said.get("used_cpu_sys", 0)) + float(said.get("used_cpu_user", 0)),
        )

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()

    def _asked(self, request: Callable[[], Any]) -> Any:
        try:
            return request()
        except RedisError as error:
            raise self._fault(error) from None

    def _fault(self, error: RedisError) -> Exception:
        """What went wrong in our words; without an answer redis-py has dropped the connection by now."""
        words = f"Redis at {self.address}: {hidden(str(error), self._given)}"
        return StoreRefused(words) if isinstance(error, ResponseError) else StoreUnavailable(words)
