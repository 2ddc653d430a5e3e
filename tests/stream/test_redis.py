"""The door to Redis, on a real Valkey: what it asks, how it fails, what it never says."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from driftline.local.ports import free_port
from driftline.local.valkey import Valkey
from stream.faults import Stopped
from stream.redis import Address, Store
from stream.store import StoreRefused, StoreUnavailable
from tests.valkeys import running, talking

CANARY = "hunter2-canary"


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A Valkey of its own."""
    with running(tmp_path / "valkey") as valkey:
        yield valkey


@pytest.fixture
def store(valkey: Valkey) -> Iterator[Store]:
    """The door to it."""
    store = Store(Address.parse(valkey.address))
    yield store
    store.close()


def written(path: Path, text: str) -> Path:
    """A file of properties."""
    file = path / "redis.properties"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("here:1", Address(host="here", port=1)),
        ("here", Address(host="here")),
        ("[::1]:7", Address(host="::1", port=7)),
        ("redis://here:1/2", Address(host="here", port=1, database=2)),
        ("rediss://here", Address(host="here", is_encrypted=True)),
    ],
)
def test_addresses_are_read(text: str, address: Address) -> None:
    """With and without scheme, port and database."""
    assert Address.parse(text) == address


@pytest.mark.parametrize(
    "text",
    ["", "redis://", "here:port", "here:1/x", "http://here:1", "unix:///tmp/x", "redis://here?password=" + CANARY],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    """With the forms that are known; what was given is not shown."""
    with pytest.raises(Stopped, match="expected HOST:PORT") as stopped:
        Address.parse(text)
    assert CANARY not in str(stopped.value) + stopped.value.fix
    assert stopped.value.configuration


@pytest.mark.parametrize("text", [f"redis://me:{CANARY}@here:1", f":{CANARY}@here", f"redis://:{CANARY}@here"])
def test_credentials_in_an_address_are_refused_unseen(text: str) -> None:
    """They belong into the file."""
    with pytest.raises(Stopped, match="credentials") as stopped:
        Address.parse(text)
    assert CANARY not in str(stopped.value) + stopped.value.cause + stopped.value.fix


@pytest.mark.parametrize("line", [f"{CANARY}=x", f"passwort={CANARY}", f"ssl_ca_certs=/nowhere/{CANARY}", CANARY])
def test_a_property_nobody_knows_is_refused_unseen(tmp_path: Path, line: str) -> None:
    """Neither name nor value is shown: either may be the secret."""
    with pytest.raises(Stopped, match=r"redis\.properties") as stopped:
        Store(Address(host="here"), written(tmp_path, line))
    assert CANARY not in str(stopped.value) + stopped.value.cause + stopped.value.fix


def test_a_script_is_run_and_sent_again_when_forgotten(valkey: Valkey, store: Store) -> None:
    """After SCRIPT FLUSH, as after a restart, nobody notices."""
    echo = store.script("return {KEYS[1], ARGV[1]}")
    assert echo([b"k"], [b"\xff\0"]) == [b"k", b"\xff\0"]
    with talking(valkey) as client:
        client.script_flush()
    assert echo([b"k"], [7]) == [b"k", b"7"]


def test_a_refusal_is_told_in_the_store_s_words(store: Store) -> None:
    """It answered: nobody has to wait."""
    with pytest.raises(StoreRefused, match="no thanks"):
        store.script("return redis.error_reply('ERR no thanks')")([], [])


def test_nobody_there_is_unavailable() -> None:
    """With the address."""
    port = free_port()
    store = Store(Address(host="127.0.0.1", port=port))
    assert not store.is_there()
    with pytest.raises(StoreUnavailable, match=f"127.0.0.1:{port}"):
        store.check()
    with pytest.raises(StoreUnavailable):
        store.script("return 1")([], [])


def test_nothing_is_tried_twice() -> None:
    """Somebody who listens and never answers is asked once a request."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        deaf.settimeout(0.0)
        store = Store(Address(host="127.0.0.1", port=deaf.getsockname()[1]), timeout_seconds=0.05)
        with pytest.raises(StoreUnavailable):
            store.check()
        deaf.accept()[0].close()
        with pytest.raises(BlockingIOError):
            deaf.accept()
        store.close()


def test_a_late_answer_is_not_that_of_the_next_request(valkey: Valkey, store: Store) -> None:
    """The connection on which nobody answered is not used again."""
    echo = store.script("return ARGV[1]")
    assert echo([], [b"zero"]) == b"zero"
    os.kill(valkey.pid, signal.SIGSTOP)
    with pytest.raises(StoreUnavailable):
        echo([], [b"one"])
    os.kill(valkey.pid, signal.SIGCONT)
    assert echo([], [b"two"]) == b"two"


def test_a_restart_between_two_requests_goes_unnoticed(valkey: Valkey, store: Store) -> None:
    """A connection that was closed meanwhile is made anew."""
    echo = store.script("return ARGV[1]")
    assert echo([], [b"one"]) == b"one"
    valkey.restart()
    assert echo([], [b"two"]) == b"two"


def test_what_is_sent_is_answered_when_it_is_asked_for(valkey: Valkey, store: Store) -> None:
    """Whatever else is asked meanwhile, known to the store or not, its answer is its own."""
    send, echo = store.sent("return {'sent', ARGV[1]}"), store.script("return ARGV[1]")
    for text in (b"one", b"\xff\0"):
        answer = send([], [text])
        assert echo([], [b"other"]) == b"other"
        assert answer() == [b"sent", text]
    valkey.restart()
    assert send([b"k"], [3])() == [b"sent", b"3"]


def test_what_was_sent_and_not_answered_is_unavailable(valkey: Valkey, store: Store) -> None:
    """Nobody there, or nobody who answers in time, or a refusal; its late answer is nobody's."""
    send = store.sent("return ARGV[1] == 'no' and redis.error_reply('ERR no thanks') or ARGV[1]")
    assert send([], [b"zero"])() == b"zero"
    with pytest.raises(StoreRefused, match="no thanks"):
        send([], [b"no"])()
    os.kill(valkey.pid, signal.SIGSTOP)
    answer = send([], [b"one"])
    with pytest.raises(StoreUnavailable):
        answer()
    os.kill(valkey.pid, signal.SIGCONT)
    assert send([], [b"two"])() == b"two"
    valkey.stop()
    with pytest.raises(StoreUnavailable):
        send([], [b"three"])()


def test_a_password_comes_from_the_file_and_is_never_shown(valkey: Valkey, store: Store, tmp_path: Path) -> None:
    """The right one works; the wrong one and none stop with words."""
    with talking(valkey) as client:
        client.config_set("requirepass", CANARY)
    right = Store(store.address, written(tmp_path, f"# ours\npassword={CANARY}\n"))
    right.check()
    assert right.facts().name.startswith("Valkey ")
    right.close()
    wrong = Store(store.address, written(tmp_path, f"username=default\npassword=not-{CANARY}\n"))
    for stranger in (wrong, store):
        with pytest.raises(Stopped, match="Redis at") as stopped:
            stranger.check()
        assert CANARY not in str(stopped.value) + stopped.value.cause + stopped.value.fix
        assert stranger.is_there()
        stranger.close()


def test_the_store_says_how_full_it_is(store: Store) -> None:
    """As the embedded one is set up."""
    facts = store.facts()
    assert (facts.most_bytes, facts.policy) == (1 << 30, "noeviction")
    assert 0 < facts.used_bytes < facts.most_bytes
    assert facts.cpu_seconds > 0
