"""How the loop fails: four ways, and which Kafka error means which."""

from dataclasses import dataclass

FENCED = -144
TIMED_OUT = -185
STATE = -172


class Stopped(RuntimeError):
    """The process cannot go on: what was found, the cause, the fix; `configuration` says whose fault."""

    def __init__(self, what: str, *, cause: str = "", fix: str = "", configuration: bool = False) -> None:
        super().__init__(what)
        self.what, self.cause, self.fix, self.configuration = what, cause, fix, configuration


class Abort(RuntimeError):
    """The transaction must be aborted, its input read again."""


class Indefinite(RuntimeError):
    """Nobody knows whether the transaction was committed: make a new producer, then ask the group."""


class Disturbed(RuntimeError):
    """The assignment changed: whatever the open transaction holds must be aborted."""


@dataclass(frozen=True)
class Raised:
    """What a Kafka error says of itself."""

    code: int
    text: str
    fatal: bool = False
    abort: bool = False
    retriable: bool = False


def verdict(raised: Raised, *, shared: bool = True) -> str:
    """What to do about an error of a transactional call: retry | abort | restart | stop.

    Follows the error table measured on librdkafka: a fenced producer is final whatever its flags say, where its id
    may be `shared`; an id that nobody else has was fenced by the broker's own clock. An error without any flag
    leaves the outcome unknown.

    >>> verdict(Raised(FENCED, "fenced", abort=True))
    'stop'
    """
    if raised.code == FENCED:
        return "stop" if shared else "restart"
    if raised.fatal:
        return "restart"
    if raised.abort:
        return "abort"
    return "retry" if raised.retriable else "restart"
