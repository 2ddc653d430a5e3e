"""The registry's client: what it knows, what it does not, what it must never say."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path

import pytest
from confluent_kafka.schema_registry import Schema

from stream.faults import Stopped
from stream.kafka.registry import Registry

CANARY = "hunter2-canary"
OURS = {"type": "record", "name": "Ours", "fields": [{"name": "a", "type": "long"}]}
IMPATIENT = "timeout=0.3\nmax.retries=0\n"


@pytest.fixture
def registry() -> Registry:
    """An empty registry in this process."""
    return Registry("mock://registry")


class Refusing(BaseHTTPRequestHandler):
    """Answers every request with the status in its path, in words that are no JSON."""

    def do_GET(self) -> None:
        """Refuse."""
        self.send_response(int(self.path.split("/")[1]))
        self.end_headers()
        self.wfile.write(b"no json")

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def refusing() -> Iterator[str]:
    """The address of a server that refuses."""
    server = HTTPServer(("127.0.0.1", 0), Refusing)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def closed() -> Iterator[str]:
    """An address on loopback where nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


def settings(path: Path, text: str) -> Path:
    """A file of settings."""
    file = path / "registry.properties"
    file.write_text(text)
    return file


def test_a_schema_is_found_by_id_and_by_guid(registry: Registry) -> None:
    """As parsed JSON, however often it is asked for."""
    number = registry.id_of("ours-value", OURS, register=True)
    guid = registry._client.register_schema_full_response("ours-value", Schema(_text(), "AVRO")).guid
    assert registry.by_id(number) == registry.by_id(number) == OURS
    assert registry.by_guid(bytes.fromhex(str(guid).replace("-", ""))) == OURS


def _text() -> str:
    return '{"type": "record", "name": "Ours", "fields": [{"name": "a", "type": "long"}]}'


def test_what_the_registry_does_not_know_is_none(registry: Registry) -> None:
    """By id as by GUID."""
    assert registry.by_id(7) is None
    assert registry.by_guid(bytes(16)) is None


def test_an_id_is_the_same_each_time(registry: Registry) -> None:
    """Registering twice, then only looking."""
    first = registry.id_of("ours-value", OURS, register=True)
    assert registry.id_of("ours-value", OURS, register=True) == first
    assert registry.id_of("ours-value", OURS, register=False) == first


def test_nothing_is_registered_where_that_is_not_allowed(registry: Registry) -> None:
    """The process stops, with the fix; the registry stays as it was."""
    with pytest.raises(Stopped, match="ours-value") as stopped:
        registry.id_of("ours-value", OURS, register=False)
    assert stopped.value.configuration
    assert "register it in CI" in stopped.value.fix
    assert registry._client.get_subjects() == []


@pytest.mark.parametrize(("kind", "text"), [("PROTOBUF", 'syntax = "proto3";'), ("JSON", "{}"), ("AVRO", "{nothing")])
def test_a_schema_that_is_no_avro_is_the_record_s_fault(registry: Registry, kind: str, text: str) -> None:
    """It is handed on as what no compiler takes: one such record must not stop the rest."""
    number = registry._client.register_schema("theirs", Schema(text, kind))
    assert isinstance(registry.by_id(number), str)


def test_a_registry_that_is_not_there_is_a_connection_error(closed: str, tmp_path: Path) -> None:
    """Nobody's record's fault, by id, by GUID; at the start it stops the process."""
    registry = Registry(closed, settings(tmp_path, IMPATIENT))
    with pytest.raises(ConnectionError, match="schema registry: ConnectError"):
        registry.by_id(1)
    with pytest.raises(ConnectionError, match="schema registry: ConnectError"):
        registry.by_guid(bytes(16))
    with pytest.raises(Stopped, match="cannot be asked") as stopped:
        registry.id_of("ours-value", OURS, register=False)
    assert stopped.value.configuration


def test_a_registry_that_never_answers_is_given_up(tmp_path: Path) -> None:
    """Within the time-out of its settings, which are numbers whatever the file's lines are."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        registry = Registry(address, settings(tmp_path, IMPATIENT))
        with pytest.raises(ConnectionError, match="ReadTimeout"):
            registry.by_id(1)


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_a_registry_that_refuses_is_a_connection_error(refusing: str, tmp_path: Path, status: int) -> None:
    """Only 404 means that there is no such schema."""
    registry = Registry(f"{refusing}/{status}", settings(tmp_path, IMPATIENT))
    with pytest.raises(ConnectionError):
        registry.by_id(1)
    assert Registry(f"{refusing}/404", settings(tmp_path, IMPATIENT)).by_id(1) is None


@pytest.mark.parametrize(
    "line",
    [
        f"basic.auth.user.info={CANARY}",
        f"bearer.auth.credentials.source={CANARY}",
        f"timeout={CANARY}",
        f"proxy={CANARY}",
        f"ssl.ca.location=/{CANARY}",
        f"ssl.key.location=/{CANARY}\nssl.certificate.location=/{CANARY}",
        CANARY,
    ],
)
def test_no_value_of_the_settings_is_ever_said(closed: str, tmp_path: Path, line: str) -> None:
    """Whatever is wrong with the file, no message and no cause of it shows what the file holds."""
    with pytest.raises((Stopped, ConnectionError)) as refused:
        Registry(closed, settings(tmp_path, f"max.retries=0\n{line}\n")).by_id(1)
    seen: BaseException | None = refused.value
    while seen is not None:
        assert CANARY not in f"{seen} {getattr(seen, 'cause', '')} {getattr(seen, 'fix', '')}"
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)


@pytest.mark.parametrize(
    "address", [f"http://user:{CANARY}@host", f"http://user:{CANARY}/x", f"ftp://{CANARY}", f"{CANARY}:8081", "", "x"]
)
def test_an_address_with_a_password_is_refused_unseen(address: str) -> None:
    """Settings are seen in process lists: a password goes into the file."""
    with pytest.raises(Stopped, match="address") as stopped:
        Registry(address)
    assert CANARY not in f"{stopped.value} {stopped.value.cause} {stopped.value.fix}"
    assert stopped.value.configuration


class Hostile(BaseHTTPRequestHandler):
    """A registry that answers each id in its own bad way; 1 is good."""

    def do_GET(self) -> None:
        """Answer."""
        what = self.path.split("?")[0].rsplit("/", 1)[1]
        status, kind, body = ANSWERS.get(what, (200, "application/json", GOOD_ANSWER))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if status == 302:
            self.send_header("Location", "/schemas/ids/1")
        if what == "9":
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        if what != "10":
            self.wfile.write(body)
            return
        for byte in body:
            if self.server.done.wait(0.01):  # type: ignore[attr-defined] # set by the fixture
                return
            self.wfile.write(bytes([byte]))

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


GOOD_ANSWER = json.dumps({"schema": json.dumps(OURS)}).encode()
VENDOR = "application/vnd.schemaregistry.v1+json"
ANSWERS = {
    "2": (200, VENDOR, json.dumps({"schema": " " * 10_000_000}).encode()),
    "3": (200, VENDOR, json.dumps({"schema": json.dumps(OURS) + " " * 262_144}).encode()),
    "4": (200, VENDOR, json.dumps({"schema": "[" * 100_000}).encode()),
    "5": (200, "text/html", b"<" * 10_000_000),
    "6": (500, "application/json", b'"' * 10_000_000),
    "7": (302, "application/json", b"{}"),
    "8": (200, "application/json", b"[" * 100_000),
    "9": (200, "application/json", GOOD_ANSWER),
    "10": (200, "application/json", GOOD_ANSWER),
    "11": (200, "application/json", b'{"schema": 7}'),
    "12": (200, "application/json", b"[]"),
    "13": (200, "application/json", b""),
}


@pytest.fixture(scope="module")
def hostile() -> Iterator[str]:
    """The address of a hostile registry."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hostile)
    server.done = threading.Event()  # type: ignore[attr-defined] # read by its handler
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.done.set()  # type: ignore[attr-defined] # as above
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("number", "why"), [(2, "over 1048576 bytes"), (3, "expected at most 262144"), (4, "not JSON that is read")]
)
def test_a_schema_that_is_too_much_is_the_record_s_fault(hostile: str, tmp_path: Path, number: int, why: str) -> None:
    """Ten megabytes are not read to their end; what comes back no compiler takes."""
    assert why in str(Registry(hostile, settings(tmp_path, IMPATIENT)).by_id(number))


@pytest.mark.parametrize("number", [5, 6, 7, 8, 9, 11, 12, 13])
def test_an_answer_that_is_no_registry_s_is_a_connection_error(hostile: str, tmp_path: Path, number: int) -> None:
    """A proxy's page, an error of any size, a redirect, JSON of another shape or depth, anything compressed."""
    registry = Registry(hostile, settings(tmp_path, IMPATIENT))
    with pytest.raises(ConnectionError):
        registry.by_id(number)
    assert registry.by_id(1) == OURS


def test_an_answer_that_drips_is_given_up_and_nothing_else_is_asked_meanwhile(hostile: str, tmp_path: Path) -> None:
    """A byte now and then keeps every time-out of the network away; the next question is refused at once."""
    registry = Registry(hostile, settings(tmp_path, "max.retries=0\n"), patience_seconds=0.05)
    with pytest.raises(ConnectionError, match=r"no answer within 0.05 seconds"):
        registry.by_id(10)
    with pytest.raises(ConnectionError, match="owes the answer to an earlier"):
        registry.by_id(1)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            assert registry.by_id(10) == OURS
        except ConnectionError:
            time.sleep(0.02)
            continue
        break
    assert registry.by_id(1) == OURS


def test_who_reads_schemas_decides_what_is_read(hostile: str, tmp_path: Path) -> None:
    """The parser is given; what it refuses goes on as text."""

    def refuse(_text: str) -> object:
        raise ValueError("not this one")

    registry = Registry(hostile, settings(tmp_path, IMPATIENT), parse=refuse)
    assert registry.by_id(1) == "not JSON that is read: not this one"
