"""The command line: exit codes, words on standard error, data on standard output."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from driftline.__main__ import COMMANDS, command_line
from driftline.output import Refusal, say_refusal, show_table


def driftline(*words: str) -> "subprocess.CompletedProcess[str]":
    """Run the command line in a process of its own."""
    return subprocess.run([sys.executable, "-m", "driftline", *words], capture_output=True, text=True, check=False)


def test_the_version_is_the_package_s() -> None:
    """And nothing else is printed."""
    assert driftline("--version").stdout == f"driftline {version('driftline')}\n"


def test_help_lists_every_command_in_plain_lines() -> None:
    """No boxes where standard output is not a terminal."""
    helped = driftline("--help").stdout
    assert all(f"  {name} " in helped for name in COMMANDS)
    assert "╭" not in helped


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_can_be_asked_for_alone(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The table of commands names the module that has it, and the sentence that its own help begins with."""
    with pytest.raises(SystemExit) as ended:
        command_line(name)([name, "--help"])
    assert ended.value.code == 0
    module, sentence = COMMANDS[name]
    assert module in sys.modules
    helped = " ".join(capsys.readouterr().out.split())
    assert sentence.removesuffix(".") in helped


def test_the_list_of_commands_imports_none_of_them() -> None:
    """A look at the list is not worth seconds of importing scikit-learn."""
    asked = "import sys, driftline.__main__ as m; m.command_line(None); print('sklearn' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


@pytest.mark.parametrize("module", ["driftline.drift.command", "driftline.view.page"])
def test_who_only_shows_reports_imports_no_statistics(module: str) -> None:
    """What was judged is read: scipy would take longer to import than all the rest."""
    asked = f"import sys, {module}; print('scipy' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


def test_an_unknown_command_is_a_usage_error() -> None:
    """Exit code 2, nothing on standard output."""
    ran = driftline("upp")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "upp" in ran.stderr


def test_status_of_nothing_is_1_and_says_what_to_do(tmp_path: Path) -> None:
    """No traceback."""
    ran = driftline("status", "--state", str(tmp_path))
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == f"error: nothing runs in {tmp_path}\nfix: `driftline up` starts a stack\n"


def test_status_of_nothing_as_json_is_still_json(tmp_path: Path) -> None:
    """A program can read it."""
    ran = driftline("status", "--state", str(tmp_path), "--json")
    assert json.loads(ran.stdout) == {
        "state": str(tmp_path),
        "phase": "stopped",
        "ready": False,
        "services": [],
    }


def test_down_of_nothing_is_0_and_says_so(tmp_path: Path) -> None:
    """Stopping what does not run is no error."""
    ran = driftline("down", "--state", str(tmp_path))
    assert (ran.returncode, ran.stderr) == (0, f"nothing runs in {tmp_path}\n")


def test_up_with_no_bundle_there_is_2_with_cause_and_fix(tmp_path: Path) -> None:
    """A wrong bundle is the configuration's fault."""
    ran = driftline("up", "--bundle", str(tmp_path), "--state", str(tmp_path / "state"))
    assert ran.returncode == 2
    assert [line.split(":")[0] for line in ran.stderr.splitlines()] == ["error", "cause", "fix"]


def test_doctor_without_a_stack_is_1_and_skips_what_hangs_on_the_broker(tmp_path: Path) -> None:
    """Each failure with its fix; what depends on it is skipped with the reason."""
    ran = driftline("doctor", "--state", str(tmp_path), "--json")
    found = {check["check"]: check for check in json.loads(ran.stdout)["checks"]}
    assert ran.returncode == 1
    kafka = ["java", "jars", "broker", "redis", "topics", "profiles", "clocks", "retention"]
    assert list(found) == [*kafka, "schemas", "bundle", "ports", "targets", "queries"]
    assert found["java"]["outcome"] == "ok"
    assert found["broker"]["outcome"] == "failed"
    assert "driftline up" in found["broker"]["fix"]
    assert found["topics"]["detail"] == "needs `broker`, which failed"
    assert found["profiles"]["outcome"] == "skipped"


def test_a_refusal_is_what_cause_fix_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """One line each; brackets and colons in them come through untouched."""
    say_refusal(Refusal("found [1], expected [2]", cause="a: b", fix="do c"))
    out, err = capsys.readouterr()
    assert (out, err) == ("", "error: found [1], expected [2]\ncause: a: b\nfix: do c\n")


def test_a_table_in_a_pipe_is_padded_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """No lines drawn, no trailing blanks."""
    show_table(("name", "pid"), [("broker", 7), ("a", 12345)])
    assert capsys.readouterr().out == "name    pid\nbroker  7\na       12345\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--redis", "here:1"), "nothing would use --redis"),
        (("--deduplicate", "often"), "expected a number and a unit"),
        (("--deduplicate", "0s"), "expected one such as 1h"),
    ],
)
def test_up_refuses_a_redis_without_use_and_a_horizon_that_is_none(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    """Exit code 2, before anything starts."""
    ran = driftline("up", "--state", str(tmp_path), *words)
    assert ran.returncode == 2
    assert said in " ".join(ran.stderr.replace("│", " ").split())
    assert list(tmp_path.iterdir()) == []
