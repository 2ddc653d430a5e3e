"""The topics of a model on a broker: created where missing, compared with what is declared."""

from collections.abc import Sequence

from schemas.topics import Topic, declared, topics_of
from stream.kafka.admin import Admin, WantedTopic

SHARED_KINDS = tuple(kind for kind, said in declared().items() if said["partitions"] == "model")


def create_topics(admin: Admin, model: str, *, partitions: int, prefix: str = "") -> list[str]:
    """Create what is missing of `model`'s topics, kept as they are declared, and return those names.

    Raises BrokerUnreachable, TopicRefused.
    """
    return create_missing(admin, topics_of(model, partitions=partitions, prefix=prefix))


def create_missing(admin: Admin, topics: Sequence[Topic]) -> list[str]:
    """Create what is missing of `topics` and return those names; what exists is left as it is.

    Raises BrokerUnreachable, TopicRefused.
    """
    there = admin.partition_counts()
    missing = [topic for topic in topics if topic.name not in there]
    return admin.create(WantedTopic(topic.name, topic.partitions, topic.settings) for topic in missing)


def faults_of(admin: Admin, model: str, *, prefix: str = "") -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """What is wrong with `model`'s topics, and with its profile log in particular: (cause, fix) pairs.

    Raises BrokerUnreachable, TopicRefused.
    """
    topics = topics_of(model, partitions=1, prefix=prefix)
    counts = admin.partition_counts()
    missing = [topic.name for topic in topics if topic.name not in counts]
    if missing:
        fix = "`driftline up --bundle DIR` creates them; on your own cluster do as schemas/topics.yaml says"
        return [(f"missing: {', '.join(missing)}", fix)], []
    shared = {topic.name: counts[topic.name] for topic in topics if topic.kind in SHARED_KINDS}
    unequal = [] if len(set(shared.values())) == 1 else [_unequal(shared)]
    return unequal, _profile_faults(admin, topics, counts)


def _unequal(shared: dict[str, int]) -> tuple[str, str]:
    found = ", ".join(f"{name} has {count}" for name, count in shared.items())
    most = max(shared.values())
    fix = f"give each of them {most} partitions: kafka-topics --alter --topic NAME --partitions {most}"
    return f"partition counts differ: {found}", fix


def _profile_faults(admin: Admin, topics: Sequence[Topic], counts: dict[str, int]) -> list[tuple[str, str]]:
    names = {topic.kind: topic.name for topic in topics}
    profiles, features = names["profiles"], names["features"]
    settings = admin.settings_of([profiles, features])
    alter = f"kafka-configs --alter --topic {profiles} --add-config"
    faults = []
    if counts[profiles] != 1:
        faults.append((f"{profiles} has {counts[profiles]} partitions, expected 1", "make it again with 1 partition"))
    stamps = settings[profiles]["message.timestamp.type"]
    if stamps != "LogAppendTime":
        fix = f"{alter} message.timestamp.type=LogAppendTime"
        faults.append((f"{profiles} has message.timestamp.type={stamps}, expected LogAppendTime", fix))
    if settings[profiles]["cleanup.policy"] != "delete":
        found = settings[profiles]["cleanup.policy"]
        faults.append((f"{profiles} has cleanup.policy={found}, expected delete", f"{alter} cleanup.policy=delete"))
    kept, needed = (retention_millis(settings[name]) for name in (profiles, features))
    if kept < needed:
        found = f"{profiles} is kept {kept:g} ms, {features} {needed:g} ms: the ledger could not be proven"
        faults.append((found, f"{alter} retention.ms={settings[features]['retention.ms']}"))
    return faults


def retention_millis(settings: dict[str, str]) -> float:
    """How long a topic with these settings keeps its records, in milliseconds; infinite where it keeps them all."""
    millis = float(settings["retention.ms"])
    return float("inf") if millis < 0 else millis
