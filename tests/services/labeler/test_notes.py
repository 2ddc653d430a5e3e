"""The owner token travels behind whatever else a committed offset carries."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from services.labeler.notes import token_of, turn_of, with_token, without_token

NUMBERS = some.integers(0, 10**15 - 1)


@given(some.sampled_from(["", "w1:5:0:0", "w1:5:0:0 d1:7", "anything else"]), NUMBERS, NUMBERS)
def test_what_is_put_in_comes_out(text: str, token: int, turn: int) -> None:
    """And what was there before is as it was."""
    said = with_token(text, token, turn)
    assert (token_of(said), turn_of(said), without_token(said)) == (token, turn, text)


@pytest.mark.parametrize(
    "text", ["", "t1:", "t1:x", "t1:-3", "t1:٣", f"t1:{10**15}", "t2:4", "w1:5:0:0", "t1:1:x", "t1:1:2:3"]
)  # a digit, but not ours
def test_what_is_not_ours_is_no_token(text: str) -> None:
    """Anybody may commit offsets with any metadata."""
    assert (token_of(text), turn_of(text)) == (0, 0)
