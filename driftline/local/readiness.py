"""Asking a member of the stack whether it is ready."""

import time
import urllib.error
import urllib.request
from collections.abc import Callable

from driftline.output import Refusal
from stream.faults import Stopped
from stream.kafka.admin import Admin, BrokerUnreachable

READY = 200


def asked_for_readiness(url: str) -> tuple[bool, str]:
    """Whether GET `url` on loopback answers 200, and the first line of what it answered or why it did not."""
    # No proxies: the address is our own loopback, and a proxy would answer in the service's place.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2.0) as answer:
            return answer.status == READY, _first_line(answer.read(2000))
    except urllib.error.HTTPError as error:
        return False, f"{error.code} {_first_line(error.read(2000))}".strip()
    except OSError as error:
        return False, str(getattr(error, "reason", error))


def broker_answers(bootstrap: str) -> bool:
    """Whether a Kafka broker at `bootstrap` answers within two seconds."""
    try:
        Admin(bootstrap).partition_counts(2.0)
    except BrokerUnreachable:
        return False
    return True


def redis_answers(address: str) -> bool:
    """Whether a Redis-compatible store at `address` answers within two seconds, if only to ask who we are.

    Raises Refusal for what is no address.
    """
    from stream.redis import Address, Store  # noqa: PLC0415 - half a second that a stack without Redis need not wait

    try:
        store = Store(Address.parse(address), timeout_seconds=2.0)
    except Stopped as stopped:
        raise Refusal(stopped.what, fix=stopped.fix) from stopped
    try:
        return store.is_there()
    finally:
        store.close()


def wait_until_ready(
    url: str, *, within_seconds: float, goes_on: Callable[[], bool], tell: Callable[[str], None]
) -> tuple[bool, str]:
    """Ask `url` until it is ready, `goes_on()` is false or the time is over; `tell` hears every new reason.

    Returns whether it became ready, and its last reason.
    """
    deadline = time.monotonic() + within_seconds
    ready, reason, told = False, "", ""
    while goes_on() and time.monotonic() < deadline:
        ready, reason = asked_for_readiness(url)
        if ready:
            return True, reason
        if reason != told and reason[:1].isdigit():  # a status: it is up and says what it waits for
            told = reason
            tell(reason)
        time.sleep(0.1)
    return ready, reason


def _first_line(body: bytes) -> str:
    lines = body.decode("utf-8", "replace").strip().splitlines()
    return lines[0][:200] if lines else ""
