"""The embedded Valkey, started for real, with what driftline says of a Redis."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from driftline.__main__ import command_line
from driftline.local.detached import wipe
from driftline.local.plan import Role, services_of
from driftline.local.valkey import Valkey
from driftline.output import Refusal
from driftline.patient import Patient, Skipped
from driftline.redis_check import redis, verdict
from stream.redis import Address, Facts, Store
from tests.valkeys import running, talking

BUNDLE = Path("load/flights/bundle")
SCORER: tuple[Role, ...] = ("scorer",)


def test_what_was_kept_survives_a_clean_stop_on_the_same_port(tmp_path: Path) -> None:
    """Whatever letters the path holds; nobody else may connect; --wipe takes it away."""
    directory = tmp_path / "redis"
    with running(directory) as valkey, talking(valkey) as client:
        client.set("kept", "yes")
        assert valkey.stop() == 0
    with running(directory) as again, talking(again) as client:
        assert again.address == valkey.address
        assert client.get("kept") == b"yes"
        assert client.config_get("bind")["bind"] == "127.0.0.1"
    assert wipe(tmp_path)
    assert not directory.exists()
    assert not wipe(tmp_path)


def test_a_path_with_spaces_and_letters_is_fine(tmp_path: Path) -> None:
    """The file of settings quotes it."""
    with running(tmp_path / 'a "ü" b') as valkey:
        assert valkey.exit_code is None


def test_a_valkey_that_does_not_start_shows_the_end_of_its_log(tmp_path: Path) -> None:
    """Here: a memory that is none."""
    with pytest.raises(Refusal, match=r"it exited with 1.*\n(.*\n)*.*maxmemory"):
        Valkey.start(tmp_path, memory="much")


def test_how_much_it_holds_can_be_said(tmp_path: Path) -> None:
    """When full it says so; a size that is none is refused before anything starts."""
    store = Valkey.start(tmp_path / "redis", memory="300mb")
    try:
        with talking(store) as client:
            said = client.config_get("maxmemory*")
        assert (said["maxmemory"], said["maxmemory-policy"]) == (str(300 << 20), "noeviction")
    finally:
        store.stop()
    for wrong in ("much", "0gb", "1", "1gb allkeys-lru"):
        refused = CliRunner().invoke(
            command_line("up"), ["up", "--redis-memory", wrong, "--state", str(tmp_path / "stack")]
        )
        assert (refused.exit_code, (tmp_path / "stack").exists()) == (2, False)


def test_what_was_kept_survives_a_kill(tmp_path: Path) -> None:
    """All but the last second's, which the labeler replays."""
    with running(tmp_path / "redis") as valkey, talking(valkey) as client:
        client.set("kept", "yes")
        assert client.waitaof(1, 0, 5_000)[0] == 1
        valkey.kill()
        valkey.restart()
        assert client.get("kept") == b"yes"


def test_doctor_sees_a_store_and_how_full_it_is(tmp_path: Path) -> None:
    """Answers with its name; a stranger's password is no fault; nobody there is one."""
    with running(tmp_path / "redis") as valkey:
        patient = Patient(directory=tmp_path, given_redis=valkey.address)
        said = redis(patient)
        assert said.startswith(f"{valkey.address} answers, Valkey 9")
        assert " MB used of 1,024 MB" in said
        with talking(valkey) as client:
            client.config_set("requirepass", "hunter2-canary")
        with pytest.raises(Skipped, match="does not say more to a stranger"):
            redis(patient)
    with pytest.raises(Refusal, match=f"no Redis at {valkey.address}"):
        redis(patient)


def test_doctor_asks_for_redis_only_where_somebody_needs_it(tmp_path: Path) -> None:
    """No stack, no option: skipped."""
    with pytest.raises(Skipped, match="nobody needs it"):
        redis(Patient(directory=tmp_path))


FACTS = Facts(name="Redis 7.0.15", used_bytes=0, most_bytes=1 << 20, policy="noeviction", speaks=(7, 0, 15))


@pytest.mark.parametrize(
    ("change", "what", "cause"),
    [
        ({"policy": "allkeys-lru"}, "forgets", "allkeys-lru"),
        ({"speaks": (6, 2), "name": "Redis 6.2"}, "too old", "Redis 6.2"),
        ({"used_bytes": 900_000}, "nearly full", "1 of 1 MB"),
    ],
)
def test_doctor_refuses_a_store_that_loses_what_it_was_told(change: dict[str, Any], what: str, cause: str) -> None:
    """It forgets when full, is too old for what we ask, or takes no more."""
    with pytest.raises(Refusal, match=what) as refusal:
        verdict("here:1", replace(FACTS, **change))
    assert cause in refusal.value.cause
    assert refusal.value.fix


def test_doctor_takes_what_is_fine() -> None:
    """Without a limit the policy does not matter."""
    assert verdict("here:1", FACTS) == "here:1 answers, Redis 7.0.15, 0.0 MB used of 1 MB"
    assert "without a limit" in verdict("here:1", replace(FACTS, most_bytes=0, policy="allkeys-lru"))


def test_a_store_tells_whose_commands_it_knows(tmp_path: Path) -> None:
    """And what it may hold, where CONFIG may not be asked."""
    with running(tmp_path / "redis") as valkey, talking(valkey) as client:
        client.acl_setuser("default", enabled=True, commands=["-config"])
        store = Store(Address.parse(valkey.address))
        said = store.facts()
        assert (said.speaks >= (7,), said.policy, said.most_bytes > 0) == (True, "noeviction", True)
        store.close()


def test_a_stack_that_joins_labels_needs_redis() -> None:
    """The labeler always, the scorer only to tell duplicates; without both the stack is as light as can be."""
    models, (scorer, labeler, drift) = services_of([BUNDLE])
    assert (models, scorer.name, labeler.name) == (("flights",), "flights.scorer-0", "flights.labeler-0")
    assert (scorer.needs_redis, labeler.needs_redis, labeler.variables) == (False, True, "LABELER_")
    assert labeler.command[1:] == ("-m", "services.labeler")
    assert labeler.settings == {"BUNDLE": str(BUNDLE.resolve()), "SLOT": "labeler-0", "BEGIN": "earliest"}
    assert (drift.name, drift.variables, drift.needs_redis) == ("flights.drift-0", "DRIFT_", False)
    _, (plain,) = services_of([BUNDLE], roles=SCORER)
    _, (careful,) = services_of([BUNDLE], deduplicate=timedelta(hours=1), roles=SCORER)
    assert (plain.needs_redis, "DEDUPLICATE" in plain.settings) == (False, False)
    assert (careful.needs_redis, careful.settings["DEDUPLICATE"]) == (True, "3600000ms")
