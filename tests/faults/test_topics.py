"""Topics that change under a scorer's feet: it goes on where that is right, or stops and says; it never jumps."""

import pytest
from confluent_kafka import OFFSET_END, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions

from driftline.audit import audit
from driftline.local.child import Child
from stream.kafka.admin import Admin
from stream.kafka.clients import open_producer
from tests.broker.scorer_proof import prove_each_once, visible
from tests.broker.scorer_world import PARTITIONS, World
from tests.services.scorer.world import event, write_event

REFRESH_MILLIS = 500


@pytest.fixture
def admin(brokers: str) -> AdminClient:
    """An administrator."""
    return AdminClient({"bootstrap.servers": brokers})


def stopped(world: World, scorer: Child) -> tuple[int | None, str]:
    """Its exit code with its last words, once it has ended by itself."""
    world.wait(lambda: scorer.exit_code is not None)
    return scorer.exit_code, "\n".join(line for line in scorer.last_lines(6).splitlines() if line[:1] != "{")


def test_f22_a_forgotten_group_goes_on_where_the_profile_log_says(world: World, admin: AdminClient) -> None:
    """With the group's offsets deleted, and no word where to begin, nothing is scored twice or left out."""
    world.feed_events(300)
    first = world.scorer()
    world.drain()
    assert first.stop() == 0, world.logs()
    group = world.books.reader
    admin.delete_consumer_groups([group])[group].result(10)
    assert world.behind() == world.fed
    world.feed_events(300)
    second = world.scorer(begin="refuse")
    world.drain()
    assert second.stop() == 0, world.logs()
    prove_each_once(world)


def test_f22_retention_past_the_position_stops_it(world: World, admin: AdminClient) -> None:
    """Records that nobody scored are gone: it says so and ends with 1, its group stands where it stood."""
    world.feed_events(200)
    first = world.scorer(slot="one")
    world.drain()
    assert first.stop() == 0, world.logs()
    world.feed_events(200)
    behind = world.behind()
    gone = [TopicPartition(*place, OFFSET_END) for place in world.places()]
    for done in admin.delete_records(gone).values():
        done.result(10)
    second = world.scorer(slot="one")
    code, words = stopped(world, second)
    assert code == 1, world.logs()
    assert "error: the next position is no longer on the broker" in words
    assert "cause: retention passed the committed offset" in words
    assert "fix: nothing was skipped" in words
    assert world.behind() == behind
    assert len(visible(world, world.predictions)) == 200


def test_f22_a_topic_deleted_while_it_runs_stops_it(world: World) -> None:
    """It ends with 2 and names the topic."""
    world.feed_events(100)
    scorer = world.scorer(kafka_config=world.tuned(topic_metadata_refresh_interval_ms=REFRESH_MILLIS))
    world.drain()
    Admin(world.brokers).delete([world.features])
    code, words = stopped(world, scorer)
    assert code == 2, world.logs()
    assert "error: a topic is missing" in words
    assert world.features in words
    assert "fix: create it" in words


def widened(world: World, admin: AdminClient, *topics: str) -> Child:
    """A scorer that has been at work, on topics of which some got one more partition."""
    world.feed_events(100)
    scorer = world.scorer(kafka_config=world.tuned(topic_metadata_refresh_interval_ms=REFRESH_MILLIS))
    world.drain()
    for done in admin.create_partitions([NewPartitions(name, PARTITIONS + 1) for name in topics]).values():
        done.result(10)
    return scorer


def test_f22_a_partition_added_to_the_events_alone_stops_it(world: World, admin: AdminClient) -> None:
    """Its predictions would have nowhere to go: it ends with 2 and says which topics differ."""
    code, words = stopped(world, widened(world, admin, world.features))
    assert code == 2, world.logs()
    assert f"unequal partition counts: {world.features}: 5, {world.predictions}: 4" in words
    assert "fix: give all of them 5 partitions" in words
    assert len(visible(world, world.predictions)) == 100


def test_f22_a_partition_added_to_every_topic_is_read_from_its_beginning(world: World, admin: AdminClient) -> None:
    """Also what came before the scorer heard of it."""
    scorer = widened(world, admin, world.predictions, world.dead_letters, world.features)
    producer = open_producer(world.brokers)
    for number in range(50):
        producer.produce(world.features, write_event(event(900 + number), world.frame), b"k", PARTITIONS)
    assert producer.flush(10) == 0
    world.wait(lambda: len(visible(world, world.predictions)) == 150)
    assert scorer.stop() == 0, world.logs()
    assert audit(world.books).status == "balanced"
