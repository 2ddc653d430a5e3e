"""The local stack, with a stand-in for its services, on a real broker."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from driftline.local.detached import stop_supervisor
from driftline.local.plan import Plan, Service
from driftline.local.readiness import asked_for_readiness, redis_answers
from driftline.local.state import StackState, read_state
from driftline.members import described
from driftline.output import Refusal
from driftline.stack import start
from stream.kafka.admin import Admin
from tests.driftline.processes import are_gone

UP = """
import sys
from pathlib import Path
from driftline.output import Refusal, say_refusal
from driftline.local.plan import Plan
from driftline.stack import start
try:
    sys.exit(start(Plan.model_validate_json(Path(sys.argv[1]).read_bytes()), detach=True))
except Refusal as refusal:
    say_refusal(refusal)
    sys.exit(refusal.code)
"""
STAND_IN = Path(__file__).parents[1] / "driftline" / "stand_in.py"


def service(name: str = "stand-in", *, needs_redis: bool = False, **settings: str) -> Service:
    """A service that is ready at once, or ends with EXIT."""
    command = (sys.executable, str(STAND_IN))
    return Service(name=name, command=command, variables="STANDIN_", settings=settings, needs_redis=needs_redis)


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """A state directory in which nothing runs afterwards."""
    yield tmp_path
    if state := read_state(tmp_path):
        stop_supervisor(tmp_path, state)


def running(directory: Path) -> StackState:
    """The state of the stack that should run there."""
    state = read_state(directory)
    assert state is not None
    return state


def pids(state: StackState) -> list[int]:
    """Everybody who belongs to the stack."""
    return [state.supervisor.pid, *(member.process.pid for member in state.members)]


def foreground(plan: Plan) -> "subprocess.Popen[str]":
    """The stack of `plan` in a process that stays."""
    file = plan.directory / "plan.json"
    file.write_text(plan.model_dump_json())
    command = [sys.executable, "-m", "driftline.local.foreground", str(file)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def hear(process: "subprocess.Popen[str]", word: str) -> list[str]:
    """Read what the process says up to the line with `word`."""
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        print(line, end="")  # noqa: T201 - pytest shows it where the test fails
        if word in line:
            break
    return said


def detached(plan: Plan) -> "subprocess.CompletedProcess[str]":
    """Bring up `plan` as `driftline up --detach` does, in a process that ends."""
    file = plan.directory / "asked.json"
    file.write_text(plan.model_dump_json())
    return subprocess.run([sys.executable, "-c", UP, str(file)], capture_output=True, text=True, check=False)


def driftline(*words: str) -> "subprocess.CompletedProcess[str]":
    """Run the command line in a process of its own."""
    return subprocess.run([sys.executable, "-m", "driftline", *words], capture_output=True, text=True, check=False)


def test_a_detached_stack_lives_on_and_goes_down_as_a_whole(directory: Path) -> None:
    """Up with its own Kafka, a second up refused, status ready, down leaves nobody; its data outlives it."""
    plan = Plan(directory=directory, models=("m",), partitions=3, services=(service(),))
    assert detached(plan).returncode == 0
    state = running(directory)
    assert [member.name for member in state.members] == ["broker", "stand-in"]
    assert Admin(state.brokers).partition_counts()["m.features"] == 3
    second = detached(plan)
    assert second.returncode == 2
    assert f"error: a stack already runs in {directory}" in second.stderr
    asked = driftline("status", "--json", "--state", str(directory))
    assert asked.returncode == 0
    assert [(s["name"], s["ready"]) for s in json.loads(asked.stdout)["services"]] == [
        ("broker", True),
        ("stand-in", True),
    ]
    assert driftline("down", "--state", str(directory)).returncode == 0
    assert are_gone(*pids(state))
    assert (directory / "kafka" / "data").is_dir()
    assert driftline("down", "--wipe", "--state", str(directory)).returncode == 0
    assert not (directory / "kafka").exists()


def test_a_killed_supervisor_leaves_nobody(directory: Path) -> None:
    """After kill -9 the JVM and the services are gone; status says so, and a new up just works."""
    plan = Plan(directory=directory, services=(service(),))
    assert detached(plan).returncode == 0
    state = running(directory)
    os.kill(state.supervisor.pid, signal.SIGKILL)
    assert are_gone(*pids(state))
    asked = driftline("status", "--state", str(directory))
    assert asked.returncode == 1
    assert "the supervisor of this stack is gone" in asked.stderr
    assert detached(plan).returncode == 0
    assert running(directory).brokers == state.brokers


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_foreground_stops_everything_in_order(
    brokers: str, directory: Path, number: signal.Signals
) -> None:
    """Exit code 0, services stopped, no state left; a second signal meanwhile changes nothing."""
    with foreground(Plan(directory=directory, brokers=brokers, services=(service("a"), service("b")))) as stack:
        hear(stack, "ready, supervised")
        state = running(directory)
        stack.send_signal(number)
        stack.send_signal(signal.SIGTERM)
        said = hear(stack, "never said")
    assert stack.returncode == 0
    assert said == ["stopping\n", "a: stopped, exit code 143\n", "b: stopped, exit code 143\n"]
    assert are_gone(*pids(state))
    assert read_state(directory) is None


def test_stacks_that_start_at_once_give_their_services_different_ports(brokers: str, tmp_path: Path) -> None:
    """A port is found free some time before the service it is for listens there."""
    plans = [Plan(directory=tmp_path / name, brokers=brokers, services=(service("a"), service("b"))) for name in "xyz"]
    for plan in plans:
        plan.directory.mkdir()
    stacks = [foreground(plan) for plan in plans]
    for stack in stacks:
        hear(stack, "ready, supervised")
    addresses = [m.address for plan in plans if (s := read_state(plan.directory)) for m in s.members]
    for stack in stacks:
        with stack:
            stack.send_signal(signal.SIGTERM)
            hear(stack, "never said")
        assert stack.returncode == 0
    assert len(set(addresses)) == len(addresses) == 6


@pytest.mark.parametrize(("code", "expected"), [("2", 2), ("1", 1), ("3", 1)])
def test_a_service_that_ends_while_starting_takes_the_stack_down(
    brokers: str, directory: Path, code: str, expected: int
) -> None:
    """Its code and its last words are shown; 2, a wrong configuration, stays 2."""
    plan = Plan(directory=directory, brokers=brokers, services=(service(), service("broken", EXIT=code)))
    with foreground(plan) as stack:
        said = "".join(hear(stack, "never said"))
    assert stack.returncode == expected, said
    assert f"error: broken ended with exit code {code}\n" in said
    assert "the stand-in has nothing to do" in said
    assert read_state(directory) is None


def test_a_service_that_dies_later_takes_the_stack_down(brokers: str, directory: Path) -> None:
    """Exit code 1, and the others are stopped."""
    with foreground(Plan(directory=directory, brokers=brokers, services=(service("a"), service("b")))) as stack:
        hear(stack, "ready, supervised")
        state = running(directory)
        os.kill(state.members[0].process.pid, signal.SIGKILL)
        said = "".join(hear(stack, "never said"))
    assert stack.returncode == 1
    assert "error: a ended with exit code 137" in said
    assert are_gone(*pids(state))


def test_a_broker_that_does_not_answer_is_refused_before_anything_starts(directory: Path) -> None:
    """Exit code 2's error names the address."""
    plan = Plan(directory=directory, brokers="127.0.0.1:1", services=(service(),))
    with pytest.raises(Refusal, match=r"no Kafka broker at 127\.0\.0\.1:1"):
        start(plan, detach=False)
    assert read_state(directory) is None


def test_redis_is_started_where_a_service_needs_it(brokers: str, directory: Path) -> None:
    """Told to that service alone, shown by status, gone after down; --redis names another one instead."""
    services = (service("plain"), service("needy", needs_redis=True))
    assert detached(Plan(directory=directory, brokers=brokers, services=services)).returncode == 0
    state = running(directory)
    assert [member.name for member in state.members] == ["redis", "plain", "needy"]
    assert state.redis is not None
    told = [asked_for_readiness(member.ready_url or "") for member in state.members[1:]]
    assert told == [(True, f"{brokers} none"), (True, f"{brokers} {state.redis}")]
    assert [member["ready"] for member in described(directory, state)["services"]] == [True, True, True]
    elsewhere = Plan(directory=directory / "other", brokers=brokers, redis=state.redis, services=services)
    elsewhere.directory.mkdir()
    with foreground(elsewhere) as stack:
        hear(stack, "ready, supervised")
        assert [member.name for member in running(elsewhere.directory).members] == ["plain", "needy"]
        assert running(elsewhere.directory).redis == state.redis
        stack.send_signal(signal.SIGTERM)
        hear(stack, "never said")
    stop_supervisor(directory, state)
    assert are_gone(*pids(state))
    assert not redis_answers(state.redis)


def test_a_redis_that_ends_takes_the_stack_down(brokers: str, directory: Path) -> None:
    """As every other member does; the services are stopped."""
    plan = Plan(directory=directory, brokers=brokers, services=(service("a", needs_redis=True),))
    with foreground(plan) as stack:
        hear(stack, "ready, supervised")
        state = running(directory)
        os.kill(state.members[0].process.pid, signal.SIGKILL)
        said = "".join(hear(stack, "never said"))
    assert stack.returncode == 1
    assert "error: redis ended with exit code 137" in said
    assert are_gone(*pids(state))


@pytest.mark.parametrize("address", ["127.0.0.1:1", "not an address:"])
def test_a_redis_that_does_not_answer_is_refused_before_anything_starts(
    brokers: str, directory: Path, address: str
) -> None:
    """Nothing is left behind."""
    services = (service(needs_redis=True),)
    with pytest.raises(Refusal, match="Redis"):
        start(Plan(directory=directory, brokers=brokers, redis=address, services=services), detach=False)
    assert read_state(directory) is None
