"""The benchmark of profile sizes makes profiles that a broker takes and a reader understands."""

import numpy as np
import pytest

from load.bench import profile_sizes
from load.bench.profile_sizes import Case, profile, seen
from schemas.records import read_record


def test_a_wide_profile_fills_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """No part is larger than it may be, and none but the last is less than half full; nothing is lost on the way."""
    monkeypatch.setattr(profile_sizes, "PART_BYTES", 60_000)
    case = Case(name="wide", rows=1_000, features=100, buckets=24, versions=2, segments=2)
    made = profile(case, [seen(case, np.random.default_rng(1), 500) for _ in range(case.versions)])
    assert len(made) > 2
    assert max(map(len, made)) <= 60_000
    assert min(map(len, made[:-1])) > 30_000
    read = [read_record("profile", part) for part in made]
    assert [(part["part"], part["parts"]) for part in read] == [(place, len(made)) for place in range(len(made))]
    assert [len(part["ranges"]) for part in read] == [case.partitions] + [0] * (len(made) - 1)
    whole = [piece for part in read for piece in part["slices"] if not piece["segment"]]
    assert sum(piece["rows"] for piece in whole) == case.rows
    assert len(whole) == 48
