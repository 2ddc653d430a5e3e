"""What the demo shows of outcomes while they come."""

from typing import Any

import pytest

from driftline.books import Books
from driftline.demo_outcomes import SoFar


@pytest.mark.parametrize("backwards", [False, True])
def test_what_stands_so_far_is_the_highest_seq(*, backwards: bool) -> None:
    """Counts, coverage and accuracy of the current outcomes, in whatever order they come."""
    so_far = SoFar(Books(brokers="nobody", model="flights", role="labeler"))
    assert (so_far.answered, so_far.words(0)) == (0, "no outcome yet")
    key = {"model_version": "1", "arm": "champion"}
    said: list[dict[str, Any]] = [
        {**key, "event_id": "a", "status": "expired", "seq": 0, "label": None, "correct": None},
        {**key, "event_id": "a", "status": "matched_late", "seq": 1, "label": True, "correct": True},
        {**key, "event_id": "a", "status": "duplicate", "seq": -1, "label": None, "correct": None},
        {**key, "event_id": "b", "status": "matched", "seq": 0, "label": True, "correct": False},
        {**key, "event_id": "c", "status": "expired", "seq": 0, "label": None, "correct": None},
    ]
    for one in reversed(said) if backwards else said:
        so_far.take(one)
    assert so_far.answered == 3
    assert so_far.words(5) == "expired 1, matched 1, matched_late 1; coverage 40.0%; accuracy 50.0%"
