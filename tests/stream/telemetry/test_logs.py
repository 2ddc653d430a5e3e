"""The log: one JSON object a line that never carries data, secrets or control characters."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
import structlog

from stream.telemetry.logs import configure
from stream.telemetry.tame import LONGEST, tame

CANARY = "canary-5517-31.25"


@pytest.fixture
def sink() -> Iterator[io.StringIO]:
    """Where the lines go; what was configured before comes back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure(service="scorer", level="info", stream=stream, slot="scorer-0", model="")
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def lines(sink: io.StringIO) -> list[dict[str, Any]]:
    """What was logged, parsed."""
    return [json.loads(line) for line in sink.getvalue().splitlines()]


def test_a_line_says_who_speaks(sink: io.StringIO) -> None:
    """Service, slot, level, time in UTC, the event; an empty fact is left out."""
    structlog.get_logger().info("started", partitions=4)
    (line,) = lines(sink)
    assert line.pop("at").endswith("Z")
    assert line == {
        "service": "scorer",
        "slot": "scorer-0",
        "level": "info",
        "event": "started",
        "partitions": 4,
    }


def test_facts_may_be_bound_later(sink: io.StringIO) -> None:
    """The model is known once its bundle is read."""
    structlog.contextvars.bind_contextvars(model="flights")
    structlog.get_logger().warning("slow")
    assert lines(sink)[0]["model"] == "flights"


def test_lines_below_the_level_are_not_written(sink: io.StringIO) -> None:
    """Debug is off at info, for both ways of logging."""
    structlog.get_logger().debug("no")
    logging.getLogger("somebody").debug("no")
    assert sink.getvalue() == ""


def test_the_standard_library_speaks_the_same_language(sink: io.StringIO) -> None:
    """A library's warning is a JSON line as well."""
    logging.getLogger("urllib3.pool").warning("lost %s of %d", "one", 3)
    (line,) = lines(sink)
    assert (line["event"], line["logger"], line["level"], line["service"]) == (
        "lost one of 3",
        "urllib3.pool",
        "warning",
        "scorer",
    )


def test_a_record_that_does_not_format_raises_nothing(sink: io.StringIO) -> None:
    """A library's mistake in a log call is not ours to die of."""
    root = logging.getLogger()
    ours = [handler for handler in root.handlers if type(handler).__module__ == "stream.telemetry.logs"]
    root.handlers[:] = ours  # pytest's own raises
    logging.getLogger("somebody").error("%d apples", "no number")
    assert lines(sink)[0]["event"] == "a log record whose arguments do not fit its text"


def test_configuring_twice_does_not_double_the_lines(sink: io.StringIO) -> None:
    """The bridge is replaced, not added."""
    configure(service="scorer", stream=sink)
    logging.getLogger("somebody").error("once")
    assert len(lines(sink)) == 1


def test_no_value_of_a_row_reaches_the_log(sink: io.StringIO) -> None:
    """Neither bytes, arrays, rows, headers nor the locals of a traceback."""
    log = structlog.get_logger()
    log.info("read", payload=CANARY, feature=CANARY, features={"a": CANARY}, row=[CANARY], values=[CANARY])
    log.info(
        "read",
        raw=CANARY.encode(),
        column=np.array([31.25, 5517]),
        nested={"body": CANARY, "deep": [CANARY.encode()]},
    )
    with pytest.raises(ZeroDivisionError) as raised:
        _fails(CANARY + "local")
    log.error("failed", exc_info=raised.value)
    assert "ZeroDivisionError" in sink.getvalue()
    assert "5517" not in sink.getvalue()
    assert "31.25" not in sink.getvalue()


def _fails(held: str) -> NoReturn:
    kept = held * 2
    raise ZeroDivisionError(f"division of {len(kept)} by zero")


@pytest.mark.parametrize(
    "name", ["sasl.password", "ssl.key.password", "basic.auth.user.info", "api_token", "SECRET_KEY"]
)
def test_secrets_are_hidden_by_their_name(sink: io.StringIO, name: str) -> None:
    """At the top, or within a configuration."""
    structlog.get_logger().info("configured", **{name: CANARY}, config={name: CANARY})
    assert CANARY not in sink.getvalue()
    assert lines(sink)[0]["config"] == {name: "<hidden>"}


def test_control_characters_cannot_forge_or_paint(sink: io.StringIO) -> None:
    """A line stays one line, also after a reader has decoded it; no colours, no text run backwards."""
    structlog.get_logger().info('key\n{"event": "forged"}', key="\x1b[31m\u202egnp.exe\x00\x7f\u2028\ud800")
    (line,) = lines(sink)
    assert line["event"] == 'key\\n{"event": "forged"}'
    assert line["key"] == "\\x1b[31m\\u202egnp.exe\\x00\\x7f\\u2028\\ud800"


def test_long_text_is_cut_in_the_middle() -> None:
    """Its two ends say most."""
    cut = tame("a" * 5_000 + "z" * 5_000)
    assert len(cut) < LONGEST + 40
    assert cut.startswith("aaa")
    assert cut.endswith("zzz")
    assert "(9000 more)" in cut


def test_what_is_known_is_walked_what_is_not_is_named() -> None:
    """Depth and width have an end."""
    assert tame({"path": Path("/srv/x"), "n": [1, 2.5, None, True]}) == {
        "path": "/srv/x",
        "n": [1, 2.5, None, True],
    }
    assert tame(object()) == "<object>"
    assert tame(ValueError("found 3")) == "ValueError: found 3"
    assert len(tame(list(range(1_000)))) == 20
    knot: list[Any] = []
    knot.append(knot)
    assert tame(knot) == [[[["<list>"]]]]


def test_a_log_that_cannot_be_written_stops_nothing() -> None:
    """A full disk or a closed pipe costs the line, not the loop."""
    before = logging.getLogger().handlers[:]
    stream = io.StringIO()
    configure(service="scorer", stream=stream)
    stream.close()
    structlog.get_logger().error("nobody hears this")
    logging.getLogger().handlers[:] = before
    structlog.reset_defaults()


def test_an_unknown_level_is_refused() -> None:
    """With the ones there are."""
    with pytest.raises(ValueError, match="found log level 'loud', expected debug, info"):
        configure(service="scorer", level="loud")
