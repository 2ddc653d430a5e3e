"""The console answers loopback's own names, reads and never writes, and draws what was seen once for all who ask."""

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from driftline.console.looking import Looking
from driftline.console.server import HOST, Server
from driftline.output import Refusal
from driftline.view.seen import Flow, Seen

AT = datetime(2026, 1, 1, tzinfo=UTC)


class Sights:
    """A model of which each look sees one event more."""

    def __init__(self) -> None:
        self.looks = 0

    def look(self) -> Seen:
        """The next."""
        self.looks += 1
        return Seen(model="shop", taken_at=AT, since="the beginning", flow=Flow(events={"scored": self.looks}))


@pytest.fixture
def looking() -> Iterator[Looking]:
    """One that looked once and looks again in an hour."""
    with closing(Looking(Sights().look, every_seconds=3600)) as looking:
        yield looking


@pytest.fixture
def server(looking: Looking) -> Iterator[Server]:
    """On a free port."""
    with closing(Server(looking, port=0)) as server:
        yield server


Reply = tuple[int, dict[str, str], str]


def ask(server: Server, path: str, *, method: str = "GET", host: str | None = None) -> Reply:
    """Status, headers and body of one request."""
    with closing(http.client.HTTPConnection(HOST, server.port, timeout=60)) as connection:
        connection.request(method, path, headers={"Host": host or f"{HOST}:{server.port}"})
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read().decode()


def test_the_page_its_parts_and_its_data_tell_the_same(server: Server) -> None:
    """One event was scored."""
    status, headers, body = ask(server, "/")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert body.startswith("<!doctype html>")
    assert 'data-refresh-millis="3600000"' in body
    _, _, parts = ask(server, "/parts?now")
    assert parts.strip() in body
    assert json.loads(ask(server, "/data.json")[2])["flow"]["events"] == {"scored": 1}


def test_a_foreign_name_is_refused(server: Server) -> None:
    """A site that lets its own name point to this machine reads nothing."""
    for host in (
        "evil.example",
        f"evil.example:{server.port}",
        "127.0.0.1",
        "localhost:1",
        f"127.0.0.1.evil:{server.port}",
    ):
        status, _, body = ask(server, "/data.json", host=host)
        assert status == 421
        assert "shop" not in body
    assert ask(server, "/", host=f"localhost:{server.port}")[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_can_be_written(server: Server, method: str) -> None:
    """GET and HEAD only."""
    status, headers, _ = ask(server, "/", method=method)
    assert (status, headers["allow"]) == (405, "GET, HEAD")


def test_no_other_site_may_frame_or_embed_it(server: Server) -> None:
    """And nothing is kept in a cache."""
    _, headers, body = ask(server, "/parts", method="HEAD")
    assert headers["content-security-policy"] == "frame-ancestors 'none'"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert body == ""


def test_an_unknown_path_repeats_nothing_of_it(server: Server) -> None:
    """It says what there is."""
    status, headers, body = ask(server, "/<script>")
    assert (status, headers["content-type"], body) == (404, "text/plain", "try /, /parts, /data.json\n")


def test_a_port_that_is_taken_is_named_with_what_to_do(server: Server, looking: Looking) -> None:
    """No traceback."""
    with pytest.raises(Refusal, match=f"cannot listen on {HOST}:{server.port}") as refused:
        Server(looking, port=server.port)
    assert "--port" in refused.value.fix


def test_what_was_seen_is_drawn_once_until_there_is_a_new_look(looking: Looking) -> None:
    """However many ask."""
    assert looking.parts() is looking.parts()


def test_a_new_look_is_drawn_anew() -> None:
    """Whoever asks again sees what is new."""
    with closing(Looking(Sights().look, every_seconds=0.01)) as looking:
        first, until = looking.parts(), time.monotonic() + 60
        while looking.parts() == first:
            assert time.monotonic() < until, "nothing new was drawn"
            time.sleep(0.01)
