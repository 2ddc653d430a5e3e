"""A whole stack with its Prometheus and Alertmanager, through which flights have gone, for all tests that ask of it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from driftline.demo import BUNDLE
from driftline.local.tools import SOURCES, tool
from driftline.queries import Prometheus

SCRIPT = Path(sys.executable).parent / "driftline"
PATIENCE_SECONDS = 600.0
EVENTS = 20_000


class Watched:
    """The stack: what it said of itself, its Prometheus, the commands of the command line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said = json.loads(self.run("up", "--observability", "--bundle", "bundle", "--partitions", "3", "--detach"))
        self.prometheus = Prometheus(self.address("prometheus"))

    def run(self, command: str, *words: str) -> str:
        """What a command that succeeds prints as JSON."""
        json_too = ["--json"] if command != "down" else []
        ran = self._ran([str(SCRIPT), command, *words, "--state", "state", *json_too])
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def replay(self) -> None:
        """Flights of three weeks; from the third on something is wrong with the data."""
        where = ["--brokers", self.said["brokers"], "--schemas", "state/schemas"]
        what = ["--events", str(EVENTS), "--speed", "172800", "--bad", "--incident", "quality", "--no-progress"]
        ran = self._ran([sys.executable, "-m", "load.flights", *where, *what])
        assert ran.returncode == 0, ran.stdout + ran.stderr

    def _ran(self, command: list[str]) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
        )

    def address(self, name: str) -> str:
        """Where a member listens."""
        return str(next(one["address"] for one in self.said["services"] if one["name"] == name))

    def services(self) -> dict[str, str]:
        """The admin ports of ours, by job."""
        ours: list[dict[str, Any]] = [one for one in self.said["services"] if "." in one["name"]]
        return {one["name"].partition(".")[2].removesuffix("-0"): str(one["address"]) for one in ours}


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """One stack for all tests, stopped afterwards."""
    for name in SOURCES:
        tool(name)
    folder = tmp_path_factory.mktemp("watched")
    shutil.copytree(BUNDLE, folder / "bundle")
    try:
        made = Watched(folder)
        made.replay()
        yield made
    finally:
        if (folder / "state" / "stack.json").exists():
            subprocess.run([str(SCRIPT), "down", "--state", "state"], cwd=folder, check=True, timeout=PATIENCE_SECONDS)
