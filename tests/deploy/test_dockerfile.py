"""The Dockerfile: what hadolint says of it, what goes into an image and what does not."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.deploy.composed import ROOT, variables

DOCKERFILE = ROOT / "deploy" / "Dockerfile"
HADOLINT = Path(sys.executable).with_name("hadolint")


def hadolint(file: Path) -> str:
    """What hadolint finds."""
    return subprocess.run(
        [str(HADOLINT), "--no-color", str(file)], capture_output=True, text=True, check=False
    ).stdout.strip()


@pytest.mark.parametrize("file", [DOCKERFILE, *sorted((ROOT / "deploy" / "compose").rglob("*.Dockerfile"))], ids=str)
def test_hadolint_finds_nothing(file: Path) -> None:
    """Of style, of pins, of shells."""
    assert hadolint(file) == ""


def test_hadolint_would_find_something(tmp_path: Path) -> None:
    """An image without a version."""
    (tmp_path / "Dockerfile").write_text("FROM debian:latest\n")
    assert "DL3007" in hadolint(tmp_path / "Dockerfile")


def test_the_base_is_the_one_that_env_names() -> None:
    """Whoever builds without Compose gets the same."""
    assert f"ARG PYTHON_IMAGE={variables()['PYTHON_IMAGE']}\n" in DOCKERFILE.read_text(encoding="utf-8")


def test_every_install_is_pinned_by_hash_or_has_no_index() -> None:
    """Nothing comes into an image that the repository does not name byte for byte."""
    lines = DOCKERFILE.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    installs = [part for line in lines for part in line.split("&&") if " install --" in part or "pip wheel" in part]
    pips = [part for part in installs if "pip" in part]
    assert len(pips) == 4
    assert all("--require-hashes" in part or "--no-index" in part for part in pips)


def test_an_image_sees_what_it_needs_and_no_more() -> None:
    """Everything is shut out, then each room is let in by name: no tests, no documentation, no .git."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert lines[1] == "*"
    let_in = {line.removeprefix("!").partition("/")[0] for line in lines if line.startswith("!")}
    copied = {
        word
        for line in DOCKERFILE.read_text(encoding="utf-8").splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for word in line.split()[1:-1]
    }
    assert {word.partition("/")[0] for word in copied} == let_in


def test_an_image_has_every_room_of_the_wheel() -> None:
    """All but what draws dashboards and fetches tools: services import nothing of it."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    wheel = build["targets"]["wheel"]
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[0] == "!"}
    assert set(wheel["packages"]) - {"deploy"} <= let_in
    assert wheel["hooks"]["custom"]["path"].partition("/")[0] in let_in
