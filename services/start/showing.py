"""How a service shows itself: its admin port while it runs, exit code and three lines when it must stop."""

import sys
from collections.abc import Callable
from typing import TypeVar

from services.start.settings import ServiceSettings
from stream.faults import Stopped
from stream.telemetry.health import Admin, CannotListen, Health, More, no_more
from stream.telemetry.logs import configure
from stream.telemetry.metrics import Metrics

FAILED, MISCONFIGURED = 1, 2


S = TypeVar("S", bound=ServiceSettings)


def run(service: str, read: Callable[[], S], serve: Callable[[S], int]) -> int:
    """Run a service; the exit code says 0 stopped as asked, 1 failed, 2 misconfigured."""
    try:
        settings = read()
        configure(service=service, level=settings.log_level, slot=settings.slot or "")
        return serve(settings)
    except Stopped as stopped:
        return explain(stopped)


def explain(stopped: Stopped) -> int:
    """Say on stderr what was found, its cause and the fix; the exit code to end with."""
    lines = [f"error: {stopped.what}"]
    lines += [f"cause: {stopped.cause}"] if stopped.cause else []
    lines += [f"fix: {stopped.fix}"] if stopped.fix else []
    sys.stderr.write("\n".join(lines) + "\n")
    return MISCONFIGURED if stopped.configuration else FAILED


def listening(metrics: Metrics, health: Health, at: tuple[str, int], prefix: str, *, more: More = no_more) -> Admin:
    """The admin port, opened at (host, port). Raises Stopped, which names the settings of `prefix` to change."""
    try:
        return Admin(metrics.registry, health, host=at[0], port=at[1], more=more)
    except CannotListen as deaf:
        fix = f"{deaf.fix}: {prefix}ADMIN_PORT, {prefix}ADMIN_HOST"
        raise Stopped(deaf.what, cause=deaf.cause, fix=fix, configuration=True) from deaf
