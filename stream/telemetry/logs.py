"""The log of a process: one JSON object a line on standard error."""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from typing import Any, TextIO

import structlog

from stream.telemetry.tame import tame

Event = MutableMapping[str, Any]


def configure(*, service: str, level: str = "info", stream: TextIO | None = None, **facts: str) -> None:
    """Send structlog and the standard library's logging to `stream` (standard error), each line with `facts`.

    Empty facts are left out; `structlog.contextvars.bind_contextvars` adds more for the calling thread.
    Raises ValueError for a level the standard library does not know.
    """
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise ValueError(f"found log level {level!r}, expected debug, info, warning, error or critical")
    said = {"service": service, **{name: value for name, value in facts.items() if value}}
    sink = _Line(stream or sys.stderr)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _Facts(said),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            # Text, not the structured form: that one shows local variables, and those hold feature values.
            structlog.processors.format_exc_info,
            _tamed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_given: sink,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [
        *(handler for handler in root.handlers if not isinstance(handler, _Bridge)),
        _Bridge(),
    ]
    root.setLevel(number)


class _Facts:
    """Adds what is true of every line."""

    def __init__(self, facts: Mapping[str, str]) -> None:
        self._facts = facts

    def __call__(self, _logger: object, _method: str, event: Event) -> Event:
        return {**self._facts, **event}


def _tamed(_logger: object, _method: str, event: Event) -> Event:
    return {str(name): tame(value, name=str(name)) for name, value in event.items()}


class _Line:
    """Writes a line; one that cannot be written is lost, for no log line may stop the loop."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def msg(self, line: str) -> None:
        """Write one line, in one call so that threads do not mix theirs."""
        with suppress(OSError, ValueError):
            self._stream.write(line + "\n")
            self._stream.flush()

    debug = info = warning = error = critical = fatal = exception = log = msg


class _Bridge(logging.Handler):
    """Carries the standard library's records over to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say again what was said; one that cannot be formatted is named, not raised."""
        try:
            text = record.getMessage()
        except (TypeError, ValueError, KeyError):
            text = "a log record whose arguments do not fit its text"
        level = max(logging.DEBUG, min(logging.CRITICAL, record.levelno // 10 * 10))
        structlog.get_logger().log(level, text, logger=record.name, exc_info=record.exc_info)
