"""What a soak says at its end."""

import json

import pytest

from tests.faults.soak.proof import Findings
from tests.faults.soak.run import Outcome
from tests.faults.soak.table import document, table


def outcome(*, lost: int = 0, duplicates: int = 0, is_proven: bool = True, fault: str = "") -> Outcome:
    """A soak that came to that."""
    found = Outcome(7, 60, faults=[fault] if fault else [], is_proven=is_proven)
    found.findings = Findings({"scored": 5}, lost=lost, duplicates=duplicates)
    found.done.update(["kill", "kill", "zombie", "kill broker"])
    return found


def test_a_soak_that_held_says_so() -> None:
    """In the table, in the document, by what the exit code is made of."""
    said = table(outcome())
    assert outcome().holds
    assert [line.split()[-1] for line in said.splitlines() if line.startswith("  result")] == ["held"]
    assert "kill -9 of scorers  2" in said
    told = json.loads(document(outcome()))
    assert (told["holds"], told["seed"], told["done"]["kill"], told["findings"]["lost"]) == (True, 7, 2, 0)


@pytest.mark.parametrize(
    "bad",
    [outcome(lost=1), outcome(duplicates=1), outcome(is_proven=False), outcome(fault="the ledger is broken")],
)
def test_whatever_is_wrong_does_not_hold(bad: Outcome) -> None:
    """Each alone is enough."""
    assert not bad.holds
    assert "  held" not in table(bad)
    assert json.loads(document(bad))["holds"] is False
