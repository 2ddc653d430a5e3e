"""How often a service that makes many objects a batch looks for garbage: seldom."""

import gc

OBJECTS = 50_000
"""So many more objects than have gone again are there before any are looked at: a batch makes tens of thousands."""


def spare() -> None:
    """Look for garbage seldom, and not in what was there at the start: that cost a third of the join's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS)
