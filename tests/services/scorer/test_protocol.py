"""The Open Inference Protocol's metadata and health, as its clients ask for them over a scorer's admin port."""

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from models.bundle import Bundle
from models.session import Session
from services.scorer.start.assembly import Opened
from services.scorer.start.protocol import Protocol
from stream.telemetry.health import Admin, Health
from tests.models.bundles import make_bundle


def made(path: Path, number: str) -> tuple[Bundle, Session]:
    """A version of the model `shop`, with its session."""
    bundle = make_bundle(path, version=number, model="shop")
    return bundle, Session(bundle.onnx, bundle.contract)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """A champion alone."""
    return Opened(made(tmp_path_factory.mktemp("made") / "bundle", "1"), None)


@pytest.fixture
def health() -> Health:
    """A scorer that waits for its partitions."""
    return Health(["assigned"])


@pytest.fixture
def admin(opened: Opened, health: Health) -> Iterator[Admin]:
    """Its admin port."""
    with closing(Admin(CollectorRegistry(), health, more=Protocol(health, opened).answer)) as admin:
        yield admin


def ask(admin: Admin, path: str, *, method: str = "GET") -> tuple[int, Any]:
    """Status and parsed body."""
    with closing(http.client.HTTPConnection("127.0.0.1", admin.port, timeout=60)) as connection:
        connection.request(method, path)
        response = connection.getresponse()
        text = response.read().decode()
        return response.status, json.loads(text) if text.startswith("{") else text


def test_the_server_says_who_it_is(admin: Admin) -> None:
    """Name, version, no extension."""
    assert ask(admin, "/v2") == (200, {"name": "driftline", "version": version("driftline"), "extensions": []})


def test_health_is_that_of_livez_and_readyz(admin: Admin, health: Health) -> None:
    """In the status as in the body; a model is ready when its scorer is."""
    assert ask(admin, "/v2/health/live") == (200, {"live": True})
    assert ask(admin, "/v2/health/ready") == (503, {"ready": False})
    assert ask(admin, "/v2/models/shop/ready") == (503, {"name": "shop", "ready": False})
    health.met("assigned")
    assert ask(admin, "/v2/health/ready") == (200, {"ready": True})
    assert ask(admin, "/v2/models/shop/ready") == (200, {"name": "shop", "ready": True})
    assert ask(admin, "/v2/models/shop/versions/1/ready") == (200, {"name": "shop", "ready": True})


def test_a_model_says_what_it_takes_and_gives(admin: Admin, opened: Opened) -> None:
    """A matrix of a column a feature, the scores; with or without its version in the path."""
    contract = opened.leading.contract
    status, said = ask(admin, "/v2/models/shop")
    assert (status, said["name"], said["versions"], said["platform"]) == (200, "shop", ["1"], "onnxruntime_onnx")
    (given,), (taken,) = said["inputs"], said["outputs"]
    assert (given["datatype"], given["shape"]) == ("FP32", [-1, len(contract.features)])
    assert (taken["name"], taken["datatype"], taken["shape"]) == (contract.outputs.score, "FP32", [-1, 1])
    assert ask(admin, "/v2/models/shop/versions/1") == (200, said)


@pytest.mark.parametrize(
    "path",
    [
        "/v2/models/other",
        "/v2/models/shop/versions/2",
        "/v2/models/shop/versions",
        "/v2/models",
        "/v2/models/shop/infer",
    ],
)
def test_what_is_not_served_is_an_error_with_its_reason(admin: Admin, path: str) -> None:
    """Nothing of the path is said again."""
    status, said = ask(admin, path)
    assert status == 404
    assert said["error"].startswith("not served here")
    assert "other" not in said["error"]


def test_there_is_no_inference(admin: Admin) -> None:
    """Events are scored where they can be accounted for: on Kafka."""
    assert ask(admin, "/v2/models/shop/infer", method="POST")[0] == 405


def test_the_admin_port_s_own_paths_stand(admin: Admin) -> None:
    """And those of nobody are still nobody's."""
    assert ask(admin, "/livez")[0] == 200
    assert ask(admin, "/v22")[0] == 404


def test_the_model_that_answers_now_is_told(opened: Opened, health: Health, tmp_path: Path) -> None:
    """A champion that came back takes the place of the fallback that stood in for it."""
    other = made(tmp_path / "bundle", "2")
    protocol = Protocol(health, Opened(None, opened.champion, "missing"))
    before = json.loads((protocol.answer("/v2/models/shop") or (0, "", b""))[2])
    protocol.serves(Opened(other, opened.champion))
    after = json.loads((protocol.answer("/v2/models/shop") or (0, "", b""))[2])
    assert (before["versions"], after["versions"]) == (["1"], ["2"])
