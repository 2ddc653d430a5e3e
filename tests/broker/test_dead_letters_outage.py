"""Dead letters that cannot be written, on the real broker: nothing is dropped, all of it flows once they can be."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from driftline.local.broker import Broker
from driftline.local.child import Child
from driftline.local.ports import free_port
from driftline.local.topics import create_topics
from stream.kafka.admin import Admin
from tests.broker.scorer_proof import prove_each_once, visible
from tests.broker.scorer_world import MODEL, PARTITIONS, World

POISON = [b"\x01no avro %d" % number for number in range(8)]


def readiness(port: int) -> int:
    """What /readyz answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return int(refused.code)
    except OSError:
        return 0


def aborts(scorer: Child) -> int:
    """How many transactions the log says did not come to be."""
    return scorer.log.read_text(encoding="utf-8").count('"event": "transaction"')


def held_up(world: World, scorer: Child, port: int) -> None:
    """Poison that cannot be set aside: again and again aborted, not ready, nothing committed, nothing dropped."""
    stood = world.behind()
    world.feed(POISON)
    world.wait(lambda: aborts(scorer) >= 3)
    assert readiness(port) == 503
    assert world.behind() == stood + len(POISON)
    assert scorer.exit_code is None


def test_a_topic_that_goes_missing_holds_up_and_loses_nothing(world: World) -> None:
    """Deleted while the scorer runs; made again, every letter is there, each once."""
    scorer = world.scorer(slot="one", admin_port=(port := free_port()))
    world.feed_events(20)
    world.drain()
    world.wait(lambda: readiness(port) == 200)
    admin = Admin(world.brokers)
    admin.delete([world.dead_letters])
    held_up(world, scorer, port)
    create_topics(admin, MODEL, partitions=PARTITIONS, prefix=world.prefix)
    world.feed_events(20)
    world.drain()
    world.wait(lambda: readiness(port) == 200)
    assert scorer.stop() == 0, world.logs()
    prove_each_once(world, dead=len(POISON))
    assert len(visible(world, world.dead_letters)) == len(POISON)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A broker that asks who writes: the address of whoever may do all, the one of user `scorer`."""
    ports = [free_port() for _ in range(3)]
    plain, asked, controller = (f"127.0.0.1:{port}" for port in ports)
    login = "org.apache.kafka.common.security.plain.PlainLoginModule"
    settings = {
        "listeners": f"PLAINTEXT://{plain},SASL_PLAINTEXT://{asked},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{plain},SASL_PLAINTEXT://{asked}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT",
        "controller.quorum.voters": f"1@{controller}",
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.sasl_plaintext.plain.sasl.jaas.config": f'{login} required user_scorer="open sesame";',
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
    }
    broker = Broker.start(tmp_path_factory.mktemp("guarded"), port=ports[0], settings=settings)
    yield plain, asked
    broker.stop()


def acl(kind: ResourceType, name: str, permission: AclPermissionType = AclPermissionType.ALLOW) -> AclBinding:
    """Whatever the user `scorer` wants, allowed or denied."""
    pattern = ResourcePatternType.LITERAL
    return AclBinding(kind, name, pattern, "User:scorer", "*", AclOperation.ALL, permission)


def test_a_topic_that_is_denied_holds_up_and_loses_nothing(
    guarded: tuple[str, str], prefix: str, tmp_path: Path
) -> None:
    """An access rule taken away while the scorer runs; given back, every letter is there, each once."""
    plain, asked = guarded
    world = World(plain, prefix, tmp_path)
    admin = AdminClient({"bootstrap.servers": plain})
    rules = [acl(ResourceType.TOPIC, "*"), acl(ResourceType.GROUP, "*"), acl(ResourceType.TRANSACTIONAL_ID, "*")]
    denied = acl(ResourceType.TOPIC, world.dead_letters, AclPermissionType.DENY)
    for made in admin.create_acls(rules).values():
        made.result(10)
    login = tmp_path / "login.properties"
    words = "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.username=scorer\nsasl.password=open sesame\n"
    login.write_text(words, encoding="utf-8")
    try:
        port = free_port()
        scorer = world.scorer(slot="one", admin_port=port, brokers=asked, kafka_config=login)
        world.feed_events(20)
        world.drain()
        world.wait(lambda: readiness(port) == 200)
        next(iter(admin.create_acls([denied]).values())).result(10)
        held_up(world, scorer, port)
        wanted = (denied.restype, denied.name, denied.resource_pattern_type)
        chosen = AclBindingFilter(*wanted, None, None, AclOperation.ANY, AclPermissionType.ANY)
        next(iter(admin.delete_acls([chosen]).values())).result(10)
        world.feed_events(20)
        world.drain()
        world.wait(lambda: readiness(port) == 200)
        assert scorer.stop() == 0, world.logs()
        prove_each_once(world, dead=len(POISON))
    finally:
        world.close()
