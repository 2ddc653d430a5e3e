"""Numbers and times as people read them."""

from datetime import UTC, datetime

SPACE = "\N{NO-BREAK SPACE}"
STEPS = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))


def count(number: float) -> str:
    """A whole number.

    >>> count(55000.0)
    '55,000'
    """
    return f"{number:,.0f}"


def rate(number: float) -> str:
    """So many a second.

    >>> rate(1721.6), rate(3.25), rate(0)
    ('1,722/s', '3.2/s', '0/s')
    """
    return f"{number:,.0f}/s" if number >= 10 or not number else f"{number:.1f}/s"  # noqa: PLR2004 - two digits


def share(part: float | None) -> str:
    r"""A share in percent; a dash where it is not known.

    >>> share(0.8901), share(None)
    ('89.0\xa0%', '-')
    """
    return "-" if part is None else f"{part:.1%}".replace("%", f"{SPACE}%")


def time_span(seconds: float | None) -> str:
    r"""A length of time in the unit that fits.

    >>> time_span(0.00087), time_span(0.127), time_span(9480), time_span(None)
    ('870\xa0µs', '127\xa0ms', '2.6\xa0h', '-')
    """
    if seconds is None:
        return "-"
    size, unit = next(((size, unit) for size, unit in STEPS if seconds >= size), (1e-3, "ms"))
    value = seconds / size
    text = f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"  # noqa: PLR2004 - two digits
    return f"{text}{SPACE}{unit}"


def day(at_micros: float) -> str:
    """A day of event time.

    >>> day(1363845600000000)
    '21 Mar 2013'
    """
    return f"{datetime.fromtimestamp(at_micros / 1e6, UTC):%d %b %Y}".lstrip("0")


def window(start_micros: float, end_micros: float) -> str:
    """The event times that a window holds.

    >>> window(1363845600000000, 1363932000000000)
    '21 Mar 2013 06:00 to 22 Mar 06:00'
    """
    start, end = (datetime.fromtimestamp(at / 1e6, UTC) for at in (start_micros, end_micros))
    return f"{start:%d %b %Y %H:%M} to {end:%d %b %H:%M}".lstrip("0")


def chance(p_value: float) -> str:
    """How often such a thing happens where nothing changed.

    >>> chance(0.29), chance(0.0004), chance(1e-9)
    ('p 0.29', '1 in 2,500', '1 in a million or less')
    """
    if p_value > 0.01:  # noqa: PLR2004 - below it people count in odds
        return f"p {p_value:.2g}"
    return f"1 in {1 / p_value:,.0f}" if p_value > 1e-6 else "1 in a million or less"  # noqa: PLR2004
