"""The topics of a model on a real broker: made once, examined for what the services need."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from driftline.__main__ import command_line
from driftline.checks import retention
from driftline.clock_check import clocks
from driftline.local.retention import kept_for, retention_faults, windows_of
from driftline.local.topics import create_missing, create_topics, faults_of
from driftline.output import Refusal
from driftline.patient import Patient, Skipped
from schemas.topics import topics_of
from stream.kafka.admin import Admin, WantedTopic
from tests.broker.scored import ScoredTopics

BUNDLE = Path("load/flights/bundle")
DAY = 86_400_000
ONE_PARTITION = {"profiles", "profiles.dlq", "drift", "alerts", "drift-state"}


def test_topics_are_created_once_as_declared(brokers: str, prefix: str) -> None:
    """A second time changes nothing, whatever is asked; nothing is found wrong."""
    admin = Admin(brokers)
    said = {topic.name: topic.partitions for topic in topics_of("m", partitions=3, prefix=prefix)}
    names = said.keys()
    assert set(create_topics(admin, "m", partitions=3, prefix=prefix)) == names
    assert create_topics(admin, "m", partitions=5, prefix=prefix) == []
    counts = admin.partition_counts()
    assert {name: counts[name] for name in names} == said
    assert {name.removeprefix(f"{prefix}m.") for name, count in said.items() if count == 1} == ONE_PARTITION
    assert faults_of(admin, "m", prefix=prefix) == ([], [])


def test_prepare_makes_what_a_bundle_needs_and_a_second_time_nothing(brokers: str, prefix: str) -> None:
    """On a Kafka of one's own, without a registry: kept for as long as the contract may need it."""
    words = [
        "prepare",
        "--bundle",
        str(BUNDLE),
        "--brokers",
        brokers,
        "--prefix",
        prefix,
        "--partitions",
        "2",
        "--json",
    ]
    first, second = (CliRunner().invoke(command_line("prepare"), words) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (0, 0)
    made = json.loads(first.stdout)
    assert json.loads(second.stdout) == {**made, "created": []}
    assert len(made["created"]) == made["topics"]
    assert faults_of(Admin(brokers), "flights", prefix=prefix) == ([], [])
    assert retention_faults(Admin(brokers), "flights", windows_of([BUNDLE])["flights"], prefix=prefix) == []


def test_a_missing_topic_is_named(brokers: str, prefix: str) -> None:
    """With what creates it."""
    admin = Admin(brokers)
    create_topics(admin, "m", partitions=1, prefix=prefix)
    admin.delete([f"{prefix}m.labels"])
    [(cause, fix)], _ = faults_of(admin, "m", prefix=prefix)
    assert cause == f"missing: {prefix}m.labels"
    assert "driftline up" in fix


def test_unequal_partition_counts_are_found(brokers: str, prefix: str) -> None:
    """Every count is shown."""
    admin = Admin(brokers)
    admin.create([WantedTopic(f"{prefix}m.predictions", 2)])
    create_topics(admin, "m", partitions=3, prefix=prefix)
    [(cause, fix)], profiles = faults_of(admin, "m", prefix=prefix)
    assert f"{prefix}m.features has 3, {prefix}m.predictions has 2" in cause
    assert "--partitions 3" in fix
    assert profiles == []


def test_a_profile_log_that_could_not_prove_the_ledger_is_found(brokers: str, prefix: str) -> None:
    """Partitions, timestamps, cleanup and retention, each with its own cause."""
    admin = Admin(brokers)
    settings = {"retention.ms": "1000", "cleanup.policy": "compact"}
    admin.create([WantedTopic(f"{prefix}m.profiles", 2, settings)])
    create_topics(admin, "m", partitions=1, prefix=prefix)
    shared, profiles = faults_of(admin, "m", prefix=prefix)
    assert shared == []
    causes = " ".join(cause for cause, _ in profiles)
    assert len(profiles) == 4
    words = ("2 partitions", "CreateTime", "cleanup.policy=compact", "kept 1000 ms")
    assert all(word in causes for word in words)


WINDOWS = timedelta(days=38)


def test_topics_are_kept_as_long_as_labels_may_be_late(brokers: str, prefix: str) -> None:
    """A contract that waits longer than is declared: what is joined is kept for it, and for an outage; more stays."""
    admin = Admin(brokers)
    said = topics_of("m", partitions=1, prefix=prefix)
    create_missing(admin, kept_for(said, WINDOWS))
    kept = {name: int(one["retention.ms"]) // DAY for name, one in admin.settings_of(t.name for t in said).items()}
    joined = {f"{prefix}m.{kind}": 45 for kind in ("predictions", "labels", "outcomes")}
    assert kept == {**{topic.name: topic.retention.days for topic in said}, **joined}
    assert retention_faults(admin, "m", WINDOWS, prefix=prefix) == []
    assert kept_for(said, timedelta(days=1)) == said


def test_topics_that_are_not_kept_long_enough_are_found(brokers: str, prefix: str) -> None:
    """Each is named with what to do; one that is kept for ever is fine."""
    admin = Admin(brokers)
    admin.create([WantedTopic(f"{prefix}m.labels", 1, {"retention.ms": "-1"})])
    create_topics(admin, "m", partitions=1, prefix=prefix)
    faults = retention_faults(admin, "m", WINDOWS, prefix=prefix)
    assert [cause.split(" is kept ")[0] for cause, _ in faults] == [f"{prefix}m.predictions", f"{prefix}m.outcomes"]
    assert all(fix.endswith(f"retention.ms={38 * DAY}") for _, fix in faults)


def test_doctor_asks_the_contract_how_long(brokers: str, prefix: str, tmp_path: Path) -> None:
    """36 hours, a day and a week for the flights; without a bundle nobody knows."""
    create_topics(Admin(brokers), "flights", partitions=1, prefix=prefix)
    patient = Patient(directory=tmp_path, bundle=BUNDLE, given_brokers=brokers, given_prefix=prefix)
    assert retention(patient) == "predictions, labels, outcomes kept for flights 9 days or more"
    Admin(brokers).delete([f"{prefix}flights.labels"])
    Admin(brokers).create([WantedTopic(f"{prefix}flights.labels", 1, {"retention.ms": "1000"})])
    with pytest.raises(Refusal, match="could not be filled again") as refusal:
        retention(patient)
    assert f"{prefix}flights.labels is kept 1000 ms" in refusal.value.cause
    with pytest.raises(Skipped, match="give --bundle"):
        retention(Patient(directory=tmp_path, given_brokers=brokers, given_model="flights"))


def test_doctor_compares_clocks_by_the_profile_log(brokers: str, prefix: str, tmp_path: Path) -> None:
    """The broker's stamps beside what writers say; one that lives in 1970 is named."""
    scored = ScoredTopics(tmp_path, brokers, prefix)
    patient = Patient(directory=tmp_path, given_brokers=brokers, given_model="tiny", given_prefix=prefix)
    with pytest.raises(Skipped, match="no service has written"):
        clocks(patient)
    scored.feed(5)
    scored.score(10)
    assert clocks(patient).startswith("w and this machine agree with the broker's clock")
    scored.claim(0, 5, 6, scored=1)
    with pytest.raises(Refusal, match=r"the clock of forger is [\d,.]+ s behind the broker's"):
        clocks(patient)
