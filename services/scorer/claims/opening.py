"""Claims as the settings ask for them."""

from datetime import timedelta
from pathlib import Path

import structlog

from services.scorer.claims.claims import Claims
from stream.store import StoreUnavailable


def open_claims(
    address: str, *, config: Path | None, horizon: timedelta, tag: str, group: str, arm: str, topic: str
) -> Claims:
    """The claims of `group` in `arm` on the ids of `topic`, in the Redis at `address` under the hash tag `{tag}`.

    Group and arm own a claim, for a challenger scores the same events again, in a group of its own. The version does
    not: what one version has answered the next one need not, and after a rollback neither; who wants events scored anew
    resets the group's offsets (the same positions are no duplicates), or sends them after the horizon.
    A store that is not there yet is asked again later. Raises Stopped for settings that cannot be right.
    """
    from services.scorer.claims.redis_book import RedisBook  # noqa: PLC0415 - 0.4 s, and only where it is asked for
    from stream.redis import Address, Store  # noqa: PLC0415 - same

    store = Store(Address.parse(address), config)
    try:
        store.check()
    except StoreUnavailable as error:
        structlog.get_logger().warning("the store of claims does not answer yet", said=str(error))
    except BaseException:
        store.close()
        raise
    return Claims(RedisBook(store, tag=tag, horizon=horizon), owner=f"{group}\n{arm}", topic=topic)
