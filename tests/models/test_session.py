"""A session gives the scores of its model, or says what is wrong with them."""

from typing import Any

import numpy as np
import pytest

from models.bundle import BundleRefused
from models.contract import Contract, read_contract
from models.decide import decide, decision_name, headline
from models.session import ModelFault, Session
from tests.models.bundles import contract_text
from tests.models.onnx_bytes import linear, logistic, model, node, softmax, tensor

TWO = [{"name": "a", "type": "float"}, {"name": "b", "type": "float"}]
ROWS = np.array([[0.0, 0.0], [1.0, 2.0], [-3.0, 0.5]], dtype=np.float32)


def contract(task: str, **more: Any) -> Contract:
    """A contract of two floats."""
    return read_contract(contract_text(task=task, features=TWO, **more))


@pytest.mark.parametrize("columns", [1, 2])
def test_binary_scores_are_the_probability_of_the_positive(columns: int) -> None:
    """One column, or the last of two."""
    scores = Session(logistic([1.0, -0.5], 0.25, columns=columns), contract("binary")).score(ROWS)
    logits = ROWS.astype(np.float64) @ [1.0, -0.5] + 0.25
    assert scores.shape == (3, 1)
    assert scores.dtype == np.float64
    assert scores[:, 0] == pytest.approx(1 / (1 + np.exp(-logits)), rel=1e-6)


def test_multiclass_scores_are_one_probability_a_class() -> None:
    """They add up to one, and the decision is the highest."""
    terms = contract("multiclass")
    scores = Session(softmax([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]), terms).score(ROWS)
    assert scores.shape == (3, 3)
    assert scores.sum(axis=1) == pytest.approx(np.ones(3))
    decisions = decide(scores, terms)
    assert [decision_name(int(index), terms) for index in decisions] == ["early", "on_time", "late"]
    assert headline(scores) == pytest.approx(scores.max(axis=1))


def test_a_regression_gives_the_value_and_decides_nothing() -> None:
    """Its decision is -1, its name None."""
    terms = contract("regression")
    scores = Session(linear([2.0, -1.0], 0.5), terms).score(ROWS)
    assert scores[:, 0].tolist() == [0.5, 0.5, -6.0]
    assert decide(scores, terms).tolist() == [-1, -1, -1]
    assert decision_name(-1, terms) is None


def test_the_threshold_itself_is_a_yes() -> None:
    """Binary decisions are `score >= threshold`."""
    terms = contract("binary", threshold=0.3)
    decisions = decide(np.array([[0.29], [0.3], [0.9]]), terms)
    assert [decision_name(int(index), terms) for index in decisions] == ["false", "true", "true"]


def test_no_rows_give_no_scores() -> None:
    """An empty batch is no reason to ask the model."""
    assert Session(softmax([[1.0, 0.0]] * 3), contract("multiclass")).score(ROWS[:0]).shape == (0, 3)


def test_scores_do_not_depend_on_the_batch() -> None:
    """Alone or among others, a row scores the same."""
    session = Session(logistic([1.0, -0.5], 0.25), contract("binary"))
    together = session.score(ROWS)
    assert [session.score(ROWS[i : i + 1])[0, 0] for i in range(3)] == together[:, 0].tolist()


def test_a_score_of_nan_is_the_models_fault() -> None:
    """The first such row is named."""
    rows = ROWS.copy()
    rows[1, 0] = np.nan
    with pytest.raises(ModelFault, match="found 1 of 3 rows NaN or infinite, first row 1"):
        Session(logistic([1.0, -0.5], 0.25), contract("binary")).score(rows)


def test_a_missing_value_passes_where_the_model_takes_it() -> None:
    """The NaN-safe twin reads it as 0."""
    rows = np.array([[np.nan, 1.0], [0.0, 1.0]], dtype=np.float32)
    found = Session(logistic([1.0, -0.5], 0.25, nan_safe=True), contract("binary")).score(rows)
    assert found[0, 0] == found[1, 0]


def test_a_wrong_number_of_scores_is_the_models_fault() -> None:
    """A model that answers once for a whole batch is caught by the shape that came, not the declared."""
    once = model([node("ReduceMean", ["x"], ["score"], keepdims=1)], [], width=2, columns=1)
    with pytest.raises(ModelFault, match=r"found score of shape \(1, 1\), expected \(3,\) or \(3, 1\) or \(3, 2\)"):
        Session(once, contract("binary")).score(ROWS)


def test_a_model_that_fails_is_named_with_its_error() -> None:
    """A shape that only breaks at run time."""
    broken = model([node("MatMul", ["x", "w"], ["score"])], [tensor("w", [[1.0]])], width=2, columns=1)
    with pytest.raises((ModelFault, BundleRefused), match="MatMul"):
        Session(broken, contract("binary")).score(ROWS)


@pytest.mark.parametrize(
    ("onnx", "said"),
    [
        (b"no model", "expected a model onnxruntime can load"),
        (
            logistic([1.0, 2.0, 3.0], 0.0),
            "found input x with 3 columns, expected one input .* with 2 columns",
        ),
        (linear([1.0, 2.0], 0.0).replace(b"score", b"value"), "found outputs value, expected score"),
    ],
)
def test_a_model_that_is_not_the_contracts_is_refused(onnx: bytes, said: str) -> None:
    """Found and expected are named before any row is scored."""
    with pytest.raises(BundleRefused, match=said):
        Session(onnx, contract("binary"))


def test_an_output_that_is_no_float_is_refused() -> None:
    """Class names or integers are not scores."""
    cast = model([node("Cast", ["x"], ["score"], to=7)], [], width=2, columns=2, output_type=7)
    with pytest.raises(BundleRefused, match=r"found output score of tensor\(int64\), expected tensor\(float\)"):
        Session(cast, contract("binary"))
