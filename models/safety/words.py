"""Words of strangers: how a name or an error from a model may appear in a message of ours."""

LONGEST = 300
LONGEST_NAME = 60


def shown(name: str) -> str:
    """`name` in quotes, control characters escaped, cut to 60.

    >>> shown("w" * 100) == "'" + "w" * 60 + "..'"
    True
    """
    return ascii(name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}..")


def tame(text: str) -> str:
    """`text` as one printable line of at most 300 characters."""
    line = " ".join(text.split())
    line = "".join(letter if letter.isprintable() else "?" for letter in line)
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}.."
