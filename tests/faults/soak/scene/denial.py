"""Who may write to the dead-letter topic: everybody, or nobody."""

import time
from collections.abc import Mapping
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from driftline.books import Books
from stream.kafka.clients import client_config

AUTHORIZER: Mapping[str, str] = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "true",
}
ANSWERS_WITHIN_SECONDS, PAUSE_SECONDS, TRIES = 10, 1.0, 60


def set_denial(books: Books, *, denied: bool) -> None:
    """Deny writing, or take that back; the broker may be away, so that it is asked until it has done it.

    Raises TimeoutError when it never does.
    """
    for _ in range(TRIES):
        admin = AdminClient({**client_config(books.brokers), "log_level": 0})
        try:
            for one in _asked(admin, books.topic("features.dlq"), denied=denied):
                one.result(ANSWERS_WITHIN_SECONDS)
        except (KafkaException, TimeoutError):
            time.sleep(PAUSE_SECONDS)
        else:
            return
    raise TimeoutError(f"the broker did not change who may write dead letters in {TRIES} tries")


def _asked(admin: Any, topic: str, *, denied: bool) -> list[Any]:
    place = (ResourceType.TOPIC, topic, ResourcePatternType.LITERAL, "User:*", "*")
    # Once a topic has a rule, what no rule allows is denied: reading it must stay allowed.
    allow = AclBinding(*place, AclOperation.ALL, AclPermissionType.ALLOW)
    deny = (*place, AclOperation.WRITE, AclPermissionType.DENY)
    if denied:
        return list(admin.create_acls([allow, AclBinding(*deny)]).values())
    return list(admin.delete_acls([AclBindingFilter(*deny)]).values())
