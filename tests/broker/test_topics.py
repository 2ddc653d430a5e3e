"""The topics of a model on a real broker: made once, examined for what the services need."""

from driftline.local.topics import create_topics, faults_of
from schemas.topics import topics_of
from stream.kafka.admin import Admin, WantedTopic


def test_topics_are_created_once_as_declared(brokers: str, prefix: str) -> None:
    """A second time changes nothing, whatever is asked; nothing is found wrong."""
    admin = Admin(brokers)
    names = {topic.name for topic in topics_of("m", partitions=3, prefix=prefix)}
    assert set(create_topics(admin, "m", partitions=3, prefix=prefix)) == names
    assert create_topics(admin, "m", partitions=5, prefix=prefix) == []
    counts = admin.partition_counts()
    assert {name: counts[name] for name in names} == {name: 1 if name.endswith(".profiles") else 3 for name in names}
    assert faults_of(admin, "m", prefix=prefix) == ([], [])


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
