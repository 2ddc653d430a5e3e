"""Files of key=value lines, in which the secrets of our clients stand."""

from collections.abc import Mapping
from pathlib import Path

from stream.faults import Stopped

SHORTEST_SECRET = 4


def properties(file: Path | None) -> dict[str, str]:
    """The key=value lines of `file`. Raises Stopped naming the line that is none, never its content."""
    found: dict[str, str] = {}
    for number, line in enumerate(_lines(file) if file else (), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            name, sign, value = line.partition("=")
            if not sign:
                fix = "write one property of the client a line"
                raise Stopped(f"{file}:{number}: not a key=value line", fix=fix, configuration=True)
            found[name.strip()] = value.strip()
    return found


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        fix = "give a file of key=value lines that this user may read"
        raise Stopped(f"{file}: {why}", fix=fix, configuration=True) from None


def hidden(text: str, config: Mapping[str, object]) -> str:
    """`text` without the values of `config`: any of them may be a secret, or one typed in the wrong place.

    >>> hidden('Invalid value "hunter2" for "sasl.mechanism"', {"sasl.mechanism": "hunter2"})
    'Invalid value "***" for "sasl.mechanism"'
    """
    values = {value for value in config.values() if isinstance(value, str) and len(value) >= SHORTEST_SECRET}
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, "***")
    return text
