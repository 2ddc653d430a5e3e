"""The processes that a test's world has started: what they said last, and their end."""

from collections.abc import Sequence

from driftline.local.child import Child


def last_words(children: Sequence[Child]) -> str:
    """The end of every process's log."""
    return "\n".join(f"--- {child.name}\n{child.last_lines(12)}" for child in children)


def stop_all(children: Sequence[Child]) -> None:
    """Stop whoever still runs, all at once."""
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.stop()
