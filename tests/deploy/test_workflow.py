"""The GitHub workflow runs what a person runs, by actions that are pinned, with no right to write."""

import re
from typing import Any

import yaml

from tests.deploy.composed import ROOT

EXACT = re.compile(r"^[\w-]+/[\w-]+@(v\d+\.\d+\.\d+|[0-9a-f]{40})$")


def workflow() -> dict[str, Any]:
    """As it stands; the loader takes its key `on` for a boolean."""
    return dict(yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")))


def test_it_runs_what_ci_runs_and_nothing_else() -> None:
    """One command, which is in the repository and may be executed."""
    steps = workflow()["jobs"]["test"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == [".ci/run"]
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_every_action_is_pinned_by_its_exact_version() -> None:
    """A tag like v6 moves."""
    used = [step["uses"] for job in workflow()["jobs"].values() for step in job["steps"] if "uses" in step]
    assert len(used) == 3
    assert all(EXACT.match(one) for one in used)
    assert not EXACT.match("actions/checkout@v6")


def test_it_may_read_and_no_more() -> None:
    """And it knows no secret."""
    assert workflow()["permissions"] == {"contents": "read"}
    assert "secrets." not in (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")


def test_the_oldest_python_is_the_one_that_the_package_asks_for() -> None:
    """What is promised is what is run."""
    promised = re.search(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert promised
    (setup,) = (step for step in workflow()["jobs"]["test"]["steps"] if "setup-python" in step.get("uses", ""))
    assert setup["with"]["python-version"] == promised[1]
