"""The contract check: decoded columns in; refused rows, marks and the matrix for the model out."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import compiled
from models.contract import Contract
from models.feature import Feature, Policy
from schemas.columns import ABSENT, NOT_FINITE, NULL, UNSEEN, WRONG_TYPE, Columns
from schemas.durations import micros

RANGE = np.uint8(32)
NO_NUMBER = np.uint8(WRONG_TYPE | NOT_FINITE)
STALE, FUTURE = 1, 2
CODES = {
    int(NULL): "null",
    int(ABSENT): "missing",
    int(WRONG_TYPE): "wrong_type",
    int(NOT_FINITE): "not_finite",
    int(UNSEEN): "unseen",
    int(RANGE): "out_of_range",
}
MORE = "more"
MOST_REASONS = 50
TIME_CODES = {STALE: "stale", FUTURE: "future"}
REASON_CODES = (*CODES.values(), *TIME_CODES.values(), MORE)


@dataclass(frozen=True)
class Rules:
    """The contract as arrays over its F features."""

    names: tuple[str, ...]
    lowest: NDArray[np.float32]
    highest: NDArray[np.float32]
    watched: NDArray[np.uint8]
    rejecting: NDArray[np.uint8]
    imputing: NDArray[np.uint8]
    imputed: NDArray[np.float32]
    max_age_micros: int | None
    max_ahead_micros: int
    event_clock: bool
    late_rejecting: int


@dataclass(frozen=True)
class Verdicts:
    """What the check says of n rows.

    `rejected` bool (n,); `reasons` int32 (n,) indexes `reason_sets` (0 = nothing to say);
    `matrix` float32 (n, F) with imputed values in place, `raw` (n, F) as it came: what is no number is NaN in both.
    """

    rejected: NDArray[np.bool_]
    reasons: NDArray[np.int32]
    reason_sets: tuple[tuple[str, ...], ...]
    matrix: NDArray[np.float32]
    raw: NDArray[np.float32]


def compile_rules(contract: Contract) -> Rules:
    """Turn the contract into arrays, once."""
    features = contract.features
    return Rules(
        names=contract.feature_names,
        lowest=np.array([-np.inf if f.range is None else f.range[0] for f in features], np.float32),
        highest=np.array([np.inf if f.range is None else f.range[1] for f in features], np.float32),
        watched=np.array([255 - (NULL | ABSENT) * f.nullable for f in features], np.uint8),
        rejecting=np.array([_bits(f, "reject") for f in features], np.uint8),
        imputing=np.array([_bits(f, "impute") for f in features], np.uint8),
        imputed=np.array([np.nan if f.impute is None else f.imputed_value() for f in features], np.float32),
        max_age_micros=None if contract.max_age is None else micros(contract.max_age),
        max_ahead_micros=micros(contract.max_ahead),
        event_clock=contract.clock == "event",
        late_rejecting=STALE * (contract.stale == "reject") | FUTURE * (contract.future == "reject"),
    )


def _bits(feature: Feature, policy: Policy) -> int:
    """The causes that `feature` answers with `policy`."""
    said = feature.policies
    policies = {
        NULL: said.on_null,
        ABSENT: said.missing,
        WRONG_TYPE: said.wrong_type,
        NOT_FINITE: said.not_finite,
        UNSEEN: said.unseen,
        int(RANGE): said.out_of_range,
    }
    return sum(bit for bit, chosen in policies.items() if chosen == policy)


Follow = Callable[[NDArray[np.bool_]], NDArray[np.int64]]


def check(columns: Columns, rules: Rules, *, now_micros: int, follow: Follow | None = None) -> Verdicts:
    """Hold n rows against the contract.

    `now_micros` is the wall clock. `follow` is told which rows hold in themselves (n,), and answers how far event
    time had come, µs (n,), just before each: contracts with `clock: event` call an event stale by it. Staleness is
    judged last, so that it does not depend on how rows were batched.
    """
    causes, has_any = causes_of(columns, rules)
    late = np.where(columns.times > now_micros + rules.max_ahead_micros, FUTURE, 0).astype(np.uint8)
    refused = ((causes & rules.rejecting) != 0).any(axis=1) if has_any else np.zeros(len(late), np.bool_)
    # A time from the future moves no clock, whatever the policy says of its row.
    reached = np.full(len(late), now_micros) if follow is None else follow(~refused & (late == 0))
    late |= _stale(columns.times, rules, now_micros, reached)
    if not has_any and not late.any():
        return Verdicts(refused, np.zeros(len(late), np.int32), ((),), columns.matrix, columns.matrix)
    raw = np.where((causes & NO_NUMBER) != 0, np.float32(np.nan), columns.matrix)
    matrix = np.where((causes & rules.imputing) != 0, rules.imputed, raw).astype(np.float32)
    refused |= (late & rules.late_rejecting) != 0
    reasons, sets = _reasons(causes, late, rules.names)
    return Verdicts(refused, reasons, sets, np.ascontiguousarray(matrix), raw)


def causes_of(columns: Columns, rules: Rules) -> tuple[NDArray[np.uint8], bool]:
    """What is wrong with each cell, (n, F), and whether anything is."""
    if compiled is None:
        return causes_by_columns(columns, rules)
    causes = np.empty(columns.flags.shape, np.uint8)
    matrix, flags = np.ascontiguousarray(columns.matrix), np.ascontiguousarray(columns.flags)
    count = compiled.check(matrix, flags, rules.lowest, rules.highest, rules.watched, causes)
    return causes, count > 0


def causes_by_columns(columns: Columns, rules: Rules) -> tuple[NDArray[np.uint8], bool]:
    """The same by numpy."""
    causes = columns.flags & rules.watched
    outside = (columns.matrix < rules.lowest) | (columns.matrix > rules.highest)
    causes |= np.where(outside & (columns.flags == 0), RANGE, np.uint8(0))
    return causes, bool(causes.any())


def _reasons(
    causes: NDArray[np.uint8], late: NDArray[np.uint8], names: tuple[str, ...]
) -> tuple[NDArray[np.int32], tuple[tuple[str, ...], ...]]:
    """Each row's place, (n,), among the sets of words that occur, () being the first."""
    rows = np.flatnonzero(causes.any(axis=1) | (late != 0))
    # Only what is wrong somewhere is sorted: whole rows sort slowly.
    patterns, which = np.unique(np.column_stack([causes[rows], late[rows]]), axis=0, return_inverse=True)
    sets = [_words(pattern, names) for pattern in patterns]
    order = {words: place for place, words in enumerate(dict.fromkeys([(), *sets]))}
    places = np.zeros(len(late), np.int32)
    places[rows] = np.array([order[words] for words in sets], np.int32)[which.reshape(-1)]
    return places, tuple(order)


def _stale(times: NDArray[np.int64], rules: Rules, now_micros: int, reached: NDArray[np.int64]) -> NDArray[np.uint8]:
    if rules.max_age_micros is None:
        return np.zeros(len(times), np.uint8)
    clock = reached if rules.event_clock else np.int64(now_micros)
    return np.where(times < clock - rules.max_age_micros, STALE, 0).astype(np.uint8)


def _words(pattern: NDArray[np.uint8], names: tuple[str, ...]) -> tuple[str, ...]:
    late = int(pattern[-1])
    words = [code for bit, code in TIME_CODES.items() if late & bit]
    for feature in np.flatnonzero(pattern[:-1]).tolist():
        bits = int(pattern[feature])
        words += [f"{code}:{names[feature]}" for bit, code in CODES.items() if bits & bit]
    return tuple(words) if len(words) <= MOST_REASONS else (*words[:MOST_REASONS], MORE)
