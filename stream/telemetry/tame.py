"""What may stand in a log line: short, printable, nobody's secret, no data."""

import unicodedata
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

LONGEST = 1_000
LONGEST_TRACE = 8_000
MOST_ITEMS = 20
DEEPEST = 4
SECRET = ("password", "passwd", "secret", "token", "credential", "user.info", "user_info")
DATA = frozenset({"body", "feature", "features", "matrix", "payload", "record", "row", "rows_data", "value", "values"})
UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
TRACE = "exception"


def tame(value: Any, *, name: str = "", depth: int = 0) -> Any:
    r"""`value` as it may be logged under `name`.

    Control characters are escaped, long text is cut, arrays, bytes and unknown objects are named by
    their type only, and what stands under a name for secrets or data is hidden.

    >>> tame("a\x1b[31mb")
    'a\\x1b[31mb'
    >>> tame(b"12345")
    '<bytes>'
    """
    if _is_hidden(name):
        return "<hidden>"
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, BaseException):
        return tame(f"{type(value).__name__}: {value}", name=name)
    if isinstance(value, str | PurePath):
        return _text(str(value), LONGEST_TRACE if name == TRACE else LONGEST)
    return _collection(value, depth)


def _is_hidden(name: str) -> bool:
    low = name.lower()
    return low in DATA or any(word in low for word in SECRET)


def _collection(value: Any, depth: int) -> Any:
    if depth < DEEPEST and isinstance(value, Mapping):
        some = list(value.items())[:MOST_ITEMS]
        return {_text(str(key), LONGEST): tame(item, name=str(key), depth=depth + 1) for key, item in some}
    if depth < DEEPEST and isinstance(value, list | tuple | set | frozenset):
        return [tame(item, depth=depth + 1) for item in list(value)[:MOST_ITEMS]]
    return f"<{type(value).__name__}>"


def _text(text: str, longest: int) -> str:
    """Text with its unprintable characters escaped; of a long one the two ends."""
    if len(text) > longest:
        half = longest // 2
        text = f"{text[:half]} ...({len(text) - 2 * half} more)... {text[-half:]}"
    return "".join(
        char.encode("unicode_escape").decode() if unicodedata.category(char) in UNPRINTABLE else char for char in text
    )
