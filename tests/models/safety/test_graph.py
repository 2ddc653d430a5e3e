"""The lint judges a model by its bytes alone."""

import pytest

from models.bundle import BundleRefused
from models.contract import read_contract
from models.safety.graph import lint
from models.safety.limits import LIMITS, Limits
from tests.models.bundles import contract_text, tiny_model
from tests.models.onnx_bytes import function, node
from tests.models.safety.hostile import (
    Hostile,
    calling,
    chain,
    endless,
    hostile_models,
    laughs,
    misfits,
    nested,
    reading_outside,
)

TERMS = read_contract(contract_text())
LOCAL = read_contract(contract_text(allow={"domains": ["local"]}))
MISFITS = misfits()
CAUGHT_BY_RUNNING = {"made-huge-by-input", "not-a-number"}


@pytest.mark.parametrize("name", MISFITS)
def test_a_model_that_does_not_fit_is_refused(name: str) -> None:
    """Found and expected are named."""
    candidate: Hostile = MISFITS[name]
    with pytest.raises(BundleRefused, match=candidate.cause):
        lint(candidate.onnx, TERMS, LIMITS)


def test_the_lint_alone_refuses_all_that_can_be_seen() -> None:
    """Of the hostile corpus only two must be run to be known; nothing of the others reaches onnxruntime."""
    passed = set()
    for name, candidate in hostile_models().items():
        try:
            lint(candidate.onnx, TERMS, LIMITS)
            passed.add(name)
        except BundleRefused:
            pass
    assert passed == CAUGHT_BY_RUNNING


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_an_honest_model_passes(task: str) -> None:
    """With what was seen of it."""
    terms = read_contract(contract_text(task=task))
    found = lint(tiny_model(terms), terms, LIMITS)
    assert found.nodes >= 4
    assert {"MatMul", "Add", "IsNaN", "Where"} <= set(found.operators)


def test_a_loop_that_the_contract_declares_passes_with_its_body_counted() -> None:
    """Two nodes outside, two inside."""
    declared = read_contract(contract_text(allow={"operators": ["Loop"]}))
    assert lint(endless(), declared, LIMITS).nodes == 4
    with pytest.raises(BundleRefused, match="found 4 nodes, expected at most 3"):
        lint(endless(), declared, Limits(nodes=3))


def test_a_declared_domain_passes() -> None:
    """Functions of the model's own count as such."""
    doubled = calling("double", [function("double", [node("Add", ["x", "x"], ["y"])])])
    with pytest.raises(BundleRefused, match="found operator 'double' of domain 'local'"):
        lint(doubled, TERMS, LIMITS)
    assert "double" in lint(doubled, LOCAL, LIMITS).operators


def test_the_last_node_allowed_passes_and_one_more_does_not() -> None:
    """The limit is a number, not a mood."""
    assert lint(chain(99), TERMS, Limits(nodes=100)).nodes == 100
    with pytest.raises(BundleRefused, match="found 101 nodes, expected at most 100"):
        lint(chain(100), TERMS, Limits(nodes=100))


def test_functions_are_counted_as_if_written_out() -> None:
    """A billion laughs in 4 kB are heard before anybody tells them."""
    assert len(laughs(60)) < 10_000
    with pytest.raises(BundleRefused, match=r"found \d{6,} nodes, expected at most 10000"):
        lint(laughs(60), LOCAL, LIMITS)


def test_a_function_that_calls_itself_is_refused() -> None:
    """Written out it would have no end."""
    itself = calling("again", [function("again", [node("again", ["x"], ["y"], domain="local")])])
    with pytest.raises(BundleRefused, match="found function 'again' calling itself"):
        lint(itself, LOCAL, LIMITS)


def test_more_functions_than_anybody_needs_are_refused() -> None:
    """Before they are measured, each from within the one before."""
    with pytest.raises(BundleRefused, match="found 101 functions, expected at most 100"):
        lint(laughs(101), LOCAL, LIMITS)


def test_external_data_within_a_function_is_seen() -> None:
    """Wherever a constant hides."""
    with pytest.raises(BundleRefused, match=r"external data '\.\./x'"):
        lint(reading_outside(), LOCAL, LIMITS)


def test_graphs_within_graphs_have_a_floor() -> None:
    """Even where the operator is declared."""
    declared = read_contract(contract_text(allow={"operators": ["If"]}))
    with pytest.raises(BundleRefused, match="found graphs within graphs deeper than the limit"):
        lint(nested(LIMITS.depth), declared, LIMITS)


def test_a_strangers_name_cannot_write_into_our_logs() -> None:
    """Control characters are escaped and long names cut."""
    loud = calling("\x1b[31m\n" + "x" * 500, [])
    with pytest.raises(BundleRefused) as refused:
        lint(loud, TERMS, LIMITS)
    assert r"'\x1b[31m\nxxx" in str(refused.value)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 300
