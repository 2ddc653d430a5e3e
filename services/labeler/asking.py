"""Asking the store within a transaction: where it does not answer the transaction is aborted, nobody ends."""

from collections.abc import Callable
from typing import TypeVar

from stream.faults import Abort
from stream.store import StoreRefused, StoreUnavailable

T = TypeVar("T")


def asked(ask: Callable[[], T]) -> T:
    """What the store answers. Raises Abort when it does not, or refuses."""
    try:
        return ask()
    except (StoreUnavailable, StoreRefused) as error:
        raise Abort(str(error)) from error
