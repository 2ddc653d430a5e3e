"""What must have become of the events of a topic: every id once, every score that of a reference."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from load.bench.images.events import pixels
from load.bench.players.systems import System
from load.bench.rig.bundles import MODELS, contract_text
from load.bench.rig.events import ID_AT, ID_BYTES, TOGETHER, event_id, matrix
from load.bench.rig.stage import Filled
from models.contract import read_contract
from models.decide import headline
from models.session import Session
from schemas.records import read_record

NEAR = 1e-5
TAIL = 18
"""A peer's prediction ends with its score (8 bytes), a decision, a threshold (8), a boolean."""


def checked(system: System, filled: Filled, values: list[bytes], *, scores: bool) -> str:
    """What is wrong with the answers; "" when nothing is. At least once allows an id more than once."""
    names = [value[ID_AT : ID_AT + ID_BYTES] for value in values]
    distinct, expected = set(names), {event_id(number) for number in range(filled.events)}
    if distinct != expected:
        return f"{len(expected - distinct):,} events have no answer, {len(distinct - expected):,} ids are unknown"
    if system.delivery == "exactly_once" and len(names) != len(expected):
        return f"{len(names) - len(expected):,} answers are doubled"
    return _scores(system, filled, names, values) if scores and system.answers != "none" else ""


def _scores(system: System, filled: Filled, names: list[bytes], values: list[bytes]) -> str:
    known = dict(zip((event_id(number) for number in range(filled.events)), reference(filled).tolist(), strict=True))
    read = ours if system.answers == "ours" else theirs
    far = [name for name, value in zip(names, values, strict=True) if not abs(read(value) - known[name]) <= NEAR]
    return f"{len(far):,} scores differ by more than {NEAR:g}, the first that of {far[0]!r}" if far else ""


def ours(value: bytes) -> float:
    """The score in a prediction of ours; one that was not scored has none."""
    found: Any = read_record("prediction", value, fields=("score",))["score"]
    return float("nan") if found is None else float(found)


def theirs(value: bytes) -> float:
    """The score in a peer's prediction."""
    return float(np.frombuffer(value, "<f8", 1, len(value) - TAIL)[0])


def reference(filled: Filled) -> NDArray[np.float64]:
    """What the model says of each event when asked directly."""
    contract = read_contract(contract_text(features=filled.features, shape=filled.shape))
    session = Session((MODELS / f"{filled.model}.onnx").read_bytes(), contract)
    firsts = range(0, filled.events, TOGETHER)
    return np.concatenate([headline(session.score(_rows(filled, first))) for first in firsts])


def _rows(filled: Filled, first: int) -> NDArray[np.float32]:
    """What the events from `first` on hold."""
    count = min(TOGETHER, filled.events - first)
    return matrix(first, count, features=filled.features) if filled.shape == "columns" else pixels(first, count)
