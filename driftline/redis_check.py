"""What `driftline doctor` looks at in Redis: that it answers, and is full aloud instead of forgetting."""

from typing import TYPE_CHECKING

from driftline.local.readiness import redis_answers
from driftline.output import Refusal
from driftline.patient import Patient, Skipped

if TYPE_CHECKING:
    from stream.redis import Facts

MIB = 1 << 20
OLDEST = 7
FULL = 0.8
"""The share of its memory at which a labeler stops reading predictions."""


def redis(patient: Patient) -> str:
    """Whether Redis answers, if anybody needs it, and how it deals with a full memory."""
    where = patient.redis
    if where is None:
        raise Skipped("nobody needs it: no service of the stack, and no --redis was given")
    if not redis_answers(where):
        fix = "start it, or give the right --redis HOST:PORT"
        raise Refusal(f"no Redis at {where}", cause="nobody answers there", fix=fix)
    return verdict(where, _facts(where))


def _facts(where: str) -> "Facts":
    from stream.redis import Address, Store  # noqa: PLC0415 - half a second
    from stream.store import StoreRefused, StoreUnavailable  # noqa: PLC0415 - same

    store = Store(Address.parse(where), timeout_seconds=2.0)
    try:
        return store.facts()
    except (StoreRefused, StoreUnavailable) as error:
        raise Skipped(f"{where} answers, but does not say more to a stranger: {error}") from error
    finally:
        store.close()


def verdict(where: str, facts: "Facts") -> str:
    """What `facts` mean. Raises Refusal for a store that is too old, that forgets, or that is nearly full."""
    if facts.speaks and facts.speaks[0] < OLDEST:
        raise Refusal(
            f"{where} is too old",
            cause=f"it is {facts.name}, expected Redis {OLDEST} or a Valkey",
            fix=f"install Redis {OLDEST} or newer, or Valkey",
        )
    if facts.most_bytes and facts.policy != "noeviction":
        raise Refusal(
            f"{where} forgets what it was told when its memory is full",
            cause=f"maxmemory-policy is {facts.policy}",
            fix="set maxmemory-policy to noeviction; a full store is then reported, and nothing is forgotten",
        )
    if facts.most_bytes and facts.used_bytes >= FULL * facts.most_bytes:
        raise Refusal(
            f"{where} is nearly full: a labeler reads no more predictions",
            cause=f"{facts.used_bytes / MIB:,.0f} of {facts.most_bytes / MIB:,.0f} MB are used, more than {FULL:.0%}",
            fix="give it more maxmemory, or join a share of the events only: LABELER_JOIN_SHARE",
        )
    limit = f"of {facts.most_bytes / MIB:,.0f} MB" if facts.most_bytes else "without a limit"
    return f"{where} answers, {facts.name}, {facts.used_bytes / MIB:,.1f} MB used {limit}"
