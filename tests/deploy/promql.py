"""Which metrics an expression of PromQL names."""

import re

STRING = re.compile(r'"[^"]*"')
SELECTOR, WINDOW = re.compile(r"\{[^}]*\}"), re.compile(r"\[[^\]]*\]")
LISTS = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
NAME = re.compile(r"\b[a-zA-Z_:][a-zA-Z0-9_:]*\b(?!\s*\()")
WORDS = {"and", "or", "unless", "bool", "offset", "by", "without", "on", "ignoring", "group_left", "group_right"}
LABELS = re.compile(r"[{,]\s*([a-z_]+)\s*(?:=~|!~|!=|=)|\b(?:by|without|on|ignoring|group_left)\s*\(([^)]*)\)")


def metrics_in(expression: str) -> set[str]:
    """The names; of functions, labels, numbers and durations none."""
    text = SELECTOR.sub("", STRING.sub("", expression))
    text = LISTS.sub(" ", WINDOW.sub(" ", text))
    return {name for name in NAME.findall(text) if name not in WORDS and name.lower() not in {"inf", "nan"}}


def labels_in(expression: str) -> set[str]:
    """The labels that are matched, kept or left out."""
    text = STRING.sub('""', expression)
    found = LABELS.findall(text)
    return {word.strip() for one, many in found for word in (one, *many.split(",")) if word.strip()}
