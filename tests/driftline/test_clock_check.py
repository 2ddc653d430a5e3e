"""What the doctor says of clocks, from the broker's stamps and the writers' own."""

import pytest

from driftline.clock_check import MOST_SECONDS, verdict
from driftline.output import Refusal

NOW = 1_800_000_000.0


def taken(*seconds: float, off: float = 0.0) -> list[tuple[float, float]]:
    """Profiles taken so long ago, each a tenth of a second after a writer whose clock is `off` wrote it."""
    return [(NOW - one, NOW - one - 0.1 + off) for one in seconds]


def test_clocks_that_agree_are_fine() -> None:
    """However slowly some of the records were taken: the quickest tells."""
    slow = [(NOW - 5, NOW - 65)]
    said = verdict({"scorer-0": [*slow, *taken(40, 20)], "labeler-0": taken(30)}, NOW)
    assert said.startswith("labeler-0, scorer-0 and this machine agree")


@pytest.mark.parametrize(("off", "way"), [(-30.0, "30.1 s behind"), (30.0, "29.9 s ahead of")])
def test_a_writer_s_clock_that_is_off_is_named_with_its_way(off: float, way: str) -> None:
    """With what to do."""
    with pytest.raises(Refusal, match=f"the clock of labeler-0 is {way} the broker's") as refusal:
        verdict({"scorer-0": taken(40, 20), "labeler-0": taken(40, 20, off=off)}, NOW)
    assert "NTP" in refusal.value.fix


def test_a_broker_in_our_future_tells_of_our_own_clock() -> None:
    """All writers agree with it, this machine does not."""
    with pytest.raises(Refusal, match=r"the clock of this machine is 60\.0 s behind"):
        verdict({"scorer-0": taken(-60)}, NOW)


def test_a_little_is_allowed() -> None:
    """No clock is exact."""
    assert verdict({"scorer-0": taken(10, off=MOST_SECONDS)}, NOW)
