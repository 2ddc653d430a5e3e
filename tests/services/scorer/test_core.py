"""The contract check: every cause has its reason, every policy its effect."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contract import read_contract
from schemas.columns import ABSENT, NOT_FINITE, NULL, UNSEEN, WRONG_TYPE, Columns
from services.scorer.core import Rules, Verdicts, check, compile_rules
from services.scorer.reasons import Reasons
from tests.models.bundles import contract_text

NOW = 1_700_000_000_000_000
HOUR = 3_600_000_000


def rules(policy: str = "reject", *, contract: dict[str, Any] | None = None, **more: str) -> Rules:
    """Rules of a contract with one feature of each kind, under one policy; `more` are policies of their own."""
    policies = {"missing": policy, "unseen": policy, "out_of_range": policy, **more}
    features: list[dict[str, Any]] = [
        {"name": "amount", "type": "float", "range": [0.0, 10.0], "impute": 5.0, "policies": policies},
        {
            "name": "carrier",
            "type": "category",
            "categories": ["AA", "UA"],
            "impute": "UA",
            "policies": policies,
        },
        {"name": "wind", "type": "float", "nullable": True},
    ]
    return compile_rules(read_contract(contract_text(features=features, **(contract or {}))))


def judged(
    cells: list[float],
    flags: list[int],
    policy: str = "reject",
    *,
    at: int = NOW,
    contract: dict[str, Any] | None = None,
    **more: str,
) -> Verdicts:
    """The verdict on one row between two good neighbours."""
    good = [1.0, 0.0, np.nan]
    columns = Columns(
        ids=[b"1", b"2", b"3"],
        times=np.array([NOW, at, NOW]),
        matrix=np.array([good, cells, good], np.float32),
        flags=np.array([[0, 0, NULL], flags, [0, 0, NULL]], np.uint8),
        faults=np.zeros(3, np.int16),
    )
    found = check(
        columns, rules(policy, contract=contract, **more), now_micros=NOW, follow=lambda hold: np.full(len(hold), NOW)
    )
    assert not found.rejected[[0, 2]].any()
    assert found.reasons[0] == found.reasons[2] == 0
    return found


CASES = [
    ([np.nan, 0, 0], [NULL, 0, 0], "null:amount"),
    ([np.nan, 0, 0], [ABSENT, 0, 0], "missing:amount"),
    ([1, -1, 0], [0, UNSEEN, 0], "unseen:carrier"),
    ([11, 0, 0], [0, 0, 0], "out_of_range:amount"),
    ([-0.5, 0, 0], [0, 0, 0], "out_of_range:amount"),
]


@pytest.mark.parametrize(("cells", "flags", "reason"), CASES)
def test_a_broken_row_is_refused_with_its_reason(cells: list[float], flags: list[int], reason: str) -> None:
    """Under `reject` the row is refused; its neighbours are not touched."""
    found = judged(cells, flags)
    assert found.rejected.tolist() == [False, True, False]
    assert found.reason_sets[found.reasons[1]] == (reason,)
    assert Reasons(found.reasons, found.reason_sets).counts(found.rejected) == {reason.partition(":")[0]: 1}


@pytest.mark.parametrize(("cells", "flags", "reason"), CASES)
def test_impute_fills_in_with_a_mark(cells: list[float], flags: list[int], reason: str) -> None:
    """Under `impute` the row goes on with the contract's value, marked."""
    found = judged(cells, flags, "impute")
    assert not found.rejected.any()
    assert found.reason_sets[found.reasons[1]] == (reason,)
    place = 1 if "carrier" in reason else 0
    assert found.matrix[1, place] == (1.0 if place else 5.0)


@pytest.mark.parametrize(("cells", "flags", "reason"), CASES)
def test_pass_leaves_the_value_with_a_mark(cells: list[float], flags: list[int], reason: str) -> None:
    """Under `pass` the row goes on as it is, marked."""
    found = judged(cells, flags, "pass")
    assert not found.rejected.any()
    assert found.reason_sets[found.reasons[1]] == (reason,)
    np.testing.assert_array_equal(found.matrix[1], np.array(cells, np.float32))


NO_NUMBERS = [(NOT_FINITE, "not_finite"), (WRONG_TYPE, "wrong_type")]


@pytest.mark.parametrize(("flag", "code"), NO_NUMBERS)
@pytest.mark.parametrize("policy", ["reject", "impute", "pass"])
def test_what_is_no_number_is_refused_unless_said_otherwise(flag: int, code: str, policy: str) -> None:
    """The policies of other causes do not speak for it."""
    found = judged([np.inf, 0, 0], [flag, 0, 0], policy)
    assert found.rejected.tolist() == [False, True, False]
    assert found.reason_sets[found.reasons[1]] == (f"{code}:amount",)


@pytest.mark.parametrize(("flag", "code"), NO_NUMBERS)
@pytest.mark.parametrize(("policy", "shown"), [("impute", 5.0), ("pass", np.nan)])
def test_what_is_no_number_never_reaches_a_model_as_it_came(flag: int, code: str, policy: str, shown: float) -> None:
    """It is imputed, or passed as missing, with its mark; the profile sees it as missing either way."""
    mine: dict[str, Any] = {code: policy}
    found = judged([np.inf, 0, 0], [flag, 0, 0], **mine)
    assert not found.rejected.any()
    assert found.reason_sets[found.reasons[1]] == (f"{code}:amount",)
    np.testing.assert_array_equal(found.matrix[1, 0], np.float32(shown))
    assert np.isnan(found.raw[1, 0])


@pytest.mark.parametrize(("policy", "rejected"), [("reject", True), ("impute", False), ("pass", False)])
def test_null_may_have_a_policy_of_its_own(policy: str, rejected: bool) -> None:  # noqa: FBT001  # pytest gives it
    """Without one it is treated as a field that is missing."""
    other = "pass" if policy == "reject" else "reject"
    null = judged([np.nan, 0, 0], [NULL, 0, 0], other, null_value=policy)
    absent = judged([np.nan, 0, 0], [ABSENT, 0, 0], other, null_value=policy)
    assert (null.rejected[1], absent.rejected[1]) == (rejected, other == "reject")


@pytest.mark.parametrize(("at", "code"), [(NOW + HOUR, "future"), (NOW - 5 * HOUR, "stale")])
def test_a_time_that_is_off_may_be_passed_with_its_mark(at: int, code: str) -> None:
    """Where the contract says so; a time from the future moves no clock even then."""
    terms = {"max_age": "4h", code: "pass"}
    found = judged([1, 0, 0], [0, 0, 0], at=at, contract=terms)
    assert not found.rejected.any()
    assert found.reason_sets[found.reasons[1]] == (code,)


def test_a_passed_future_moves_no_clock() -> None:
    """Only rows that hold and are not ahead of the clock are followed."""
    columns = Columns(
        [b"1", b"2"], np.array([NOW, NOW + HOUR]), np.ones((2, 3), np.float32), np.zeros((2, 3), np.uint8),
        np.zeros(2, np.int16),
    )  # fmt: skip
    asked: list[list[bool]] = []

    def follow(hold: np.ndarray) -> np.ndarray:
        asked.append(hold.tolist())
        return np.full(len(hold), NOW)

    check(columns, rules("pass", contract={"future": "pass"}), now_micros=NOW, follow=follow)
    assert asked == [[True, False]]


def test_a_nullable_feature_may_be_missing() -> None:
    """Null or absent in a nullable feature is neither refused nor marked."""
    assert judged([1, 0, np.nan], [0, 0, ABSENT]).reason_sets == ((),)


def test_several_causes_are_all_named() -> None:
    """A row that breaks the contract twice says so twice."""
    found = judged([11, -1, 0], [0, UNSEEN, 0])
    assert set(found.reason_sets[found.reasons[1]]) == {"out_of_range:amount", "unseen:carrier"}


@pytest.mark.parametrize("clock", ["wall", "event"])
def test_an_event_from_the_future_is_refused(clock: str) -> None:
    """By the wall clock, for no event has happened that has not happened yet."""
    found = judged([1, 0, 0], [0, 0, 0], at=NOW + HOUR, contract={"clock": clock})
    assert found.reason_sets[found.reasons[1]] == ("future",)
    assert not judged([1, 0, 0], [0, 0, 0], at=NOW + HOUR // 10, contract={"clock": clock}).rejected.any()


def test_an_old_event_is_stale_where_the_contract_says() -> None:
    """Only with `max_age`, by the contract's clock."""
    assert not judged([1, 0, 0], [0, 0, 0], at=NOW - 5 * HOUR).rejected.any()
    found = judged([1, 0, 0], [0, 0, 0], at=NOW - 5 * HOUR, contract={"max_age": "4h"})
    assert found.reason_sets[found.reasons[1]] == ("stale",)


def test_reasons_are_bounded() -> None:
    """A row that is wrong everywhere says so fifty times, then that there is more."""
    features = [{"name": f"f{n}", "type": "float"} for n in range(80)]
    n = 80
    columns = Columns(
        [b"x"],
        np.array([NOW]),
        np.full((1, n), np.nan, np.float32),
        np.full((1, n), NULL, np.uint8),
        np.zeros(1, np.int16),
    )
    compiled = compile_rules(read_contract(contract_text(features=features)))
    found = check(columns, compiled, now_micros=NOW)
    words = found.reason_sets[found.reasons[0]]
    assert (len(words), words[0], words[-1]) == (51, "null:f0", "more")


@given(
    st.lists(
        st.tuples(st.sampled_from([0, NULL, ABSENT, WRONG_TYPE, NOT_FINITE]), st.floats(-20, 20, width=32)),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from(["reject", "impute", "pass"]),
)
def test_rows_are_judged_alone(rows: list[tuple[int, float]], policy: str) -> None:
    """The verdict on a row is the same whatever stands beside it."""
    matrix = np.array([[np.nan if flag else value, 0, 0] for flag, value in rows], np.float32)
    flags = np.array([[flag, 0, 0] for flag, _ in rows], np.uint8)
    n = len(rows)
    columns = Columns([b"x"] * n, np.full(n, NOW), matrix, flags, np.zeros(n, np.int16))
    compiled = rules(policy)
    whole = check(columns, compiled, now_micros=NOW)
    for row in range(n):
        one = Columns([b"x"], columns.times[:1], matrix[row : row + 1], flags[row : row + 1], columns.faults[:1])
        alone = check(one, compiled, now_micros=NOW)
        assert alone.rejected[0] == whole.rejected[row]
        assert alone.reason_sets[alone.reasons[0]] == whole.reason_sets[whole.reasons[row]]
        np.testing.assert_array_equal(alone.matrix[0], whole.matrix[row])
