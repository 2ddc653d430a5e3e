"""How a scorer starts, refuses to start and stops, as whoever runs it sees it."""

import os
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from stream.kafka.admin import Admin, WantedTopic
from tests.broker.scorer_proof import balanced, nothing_hangs, prove_each_once
from tests.broker.scorer_world import MODEL, PARTITIONS, World

PATIENCE_SECONDS = 60
CODE = 2
REFUSALS = {
    "changed bundle": ("bundle refused", "model.onnx", "driftline model verify"),
    "missing bundle": ("bundle refused", "nowhere", "driftline model verify"),
    "unreachable broker": ("127.0.0.1:1", "do not answer", "driftline up"),
    "missing topic": (f"{MODEL}.predictions", "never created", "create it"),
    "unequal partition counts": (f"{MODEL}.features: 4", f"{MODEL}.predictions: 3", "4 partitions"),
    "port taken": ("cannot listen on 127.0.0.1:", "another process listens there", "SCORER_ADMIN_PORT"),
    "unknown variable": ("SCORER_BUNDEL", "misspelt", "SCORER_BUNDLE"),
    "no schema source": ("schema source", "SCORER_SCHEMAS", "SCORER_REGISTRY_URL"),
    "nowhere to begin": ("was never read by group", "where to begin", "earliest or latest"),
}
Running = dict[str, "subprocess.Popen[str]"]


@pytest.fixture
def world(brokers: str, prefix: str, tmp_path: Path) -> Iterator[World]:
    """Fresh topics."""
    made = World(brokers, prefix, tmp_path)
    yield made
    made.close()


def broken(world: World, port: int) -> dict[str, dict[str, str]]:
    """The variables of a scorer that is set up wrongly, for each way to do so."""
    changed = World(world.brokers, f"{world.prefix}changed.", world.path / "changed").path / "bundle"
    model = bytearray((changed / "model.onnx").read_bytes())
    model[len(model) // 2] ^= 1
    (changed / "model.onnx").write_bytes(model)
    admin, names = Admin(world.brokers), ("features", "features.dlq", "profiles")
    counts = {"features": PARTITIONS, "features.dlq": PARTITIONS, "profiles": 1}
    admin.create(WantedTopic(f"{world.prefix}short.{MODEL}.{kind}", counts[kind]) for kind in names)
    uneven = {**counts, "predictions": PARTITIONS - 1}
    admin.create(WantedTopic(f"{world.prefix}uneven.{MODEL}.{kind}", count) for kind, count in uneven.items())
    return {
        "unreachable broker": world.settings(brokers="127.0.0.1:1"),
        "changed bundle": world.settings(bundle=changed),
        "missing bundle": world.settings(bundle=world.path / "nowhere"),
        "missing topic": world.settings(prefix=f"{world.prefix}short."),
        "unequal partition counts": world.settings(prefix=f"{world.prefix}uneven."),
        "port taken": world.settings(admin_port=port),
        "unknown variable": world.settings(bundel="x"),
        "no schema source": world.settings(schemas=None),
        "nowhere to begin": world.settings(begin=None, slot="refusing"),
    }


@pytest.fixture(scope="module", autouse=True)
def launched(brokers: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Every wrongly set up scorer, started side by side; they end while the other tests here run."""
    world = World(brokers, f"t{uuid.uuid4().hex[:10]}.", tmp_path_factory.mktemp("wrong"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        running = {
            name: subprocess.Popen(
                [sys.executable, "-m", "services.scorer"],
                env={**os.environ, **variables},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for name, variables in broken(world, taken.getsockname()[1]).items()
        }
        yield running
    for process in running.values():
        with process:
            process.kill()


def test_a_scorer_told_to_stop_commits_what_is_finished(world: World) -> None:
    """SIGTERM under load: exit code 0, the account ends where the group stands; a second scorer does the rest."""
    world.feed_events(2_000)
    first = world.scorer(slot="one", batch_rows=5, commit_millis=1)
    world.wait(lambda: world.behind() < world.fed)
    assert first.stop() == 0, world.logs()
    left = world.behind()
    assert 0 < left < world.fed
    nothing_hangs(world)
    balanced(world, scored=world.fed - left)
    second = world.scorer(slot="one")
    world.drain()
    assert second.stop() == 0, world.logs()
    prove_each_once(world)


@pytest.mark.parametrize("fault", REFUSALS)
def test_a_wrong_setting_is_explained_once(launched: Running, fault: str) -> None:
    """Exit code 2; standard error holds what was found, the cause, the fix, beside log lines: no traceback."""
    output, errors = launched[fault].communicate(timeout=PATIENCE_SECONDS)
    message = [line for line in errors.splitlines() if not line.startswith("{")]
    assert launched[fault].returncode == CODE, errors
    assert [line.partition(": ")[0] for line in message] == ["error", "cause", "fix"]
    for words in REFUSALS[fault]:
        assert words in "\n".join(message)
    assert output == ""
