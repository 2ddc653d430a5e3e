"""The fuzz target runs on any bytes, and cries out when a reader is broken."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from load.fuzz import replay
from load.fuzz.oracle import WANTED, Finding
from load.fuzz.target import GOOD_BODY, SCHEMA, TARGETS, body, contract, run, seeds
from schemas.columns import FAULTS, fault
from schemas.plan import compile_plan
from schemas.walk import Longs, Mask, Walk


def test_a_seed_begins_each_target() -> None:
    """And none of them is a finding."""
    assert sorted({data[0] for data in seeds()}) == list(range(len(TARGETS)))
    for data in seeds():
        run(data)
    run(b"")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_break_a_reader(data: bytes) -> None:
    """A few of the inputs that `make fuzz` tries by the thousand."""
    run(data)


@pytest.mark.parametrize("text", ["[" * 900, "x: 2001-99-99", "x: " + "9" * 5000, "x: !!float y", "x: !!timestamp y"])
def test_a_contract_that_yaml_chokes_on_is_refused(text: str) -> None:
    """In one clear error, like every other one."""
    contract(text.encode())


def test_a_reader_that_reads_other_numbers_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The good body is read by fastavro too, which does not agree."""
    honest = Walk.long

    def lying(walk: Walk, on: Mask) -> Longs:
        return honest(walk, on) + 2

    monkeypatch.setattr(Walk, "long", lying)
    with pytest.raises(Finding):
        body(GOOD_BODY)


def test_a_reader_that_refuses_what_is_good_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strictness beyond the format loses events."""

    def refusing(walk: Walk, on: Mask) -> Longs:
        walk.fail(walk.at >= 0, fault("bad_value"), on)
        return walk.at

    monkeypatch.setattr(Walk, "long", refusing)
    with pytest.raises(Finding):
        body(GOOD_BODY)


def test_a_reader_that_takes_what_nobody_wrote_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """An index beyond the last branch is refused by fastavro, so it must be by us."""
    honest = Walk.index
    monkeypatch.setattr(Walk, "index", lambda walk, count, on: honest(walk, count + 1, on))
    with pytest.raises(Finding, match="cannot read"):
        body(GOOD_BODY[:3] + b"\x06" + GOOD_BODY[4:])


def test_a_row_that_disturbs_its_neighbour_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one row breaks, the batch's others may not feel."""
    honest = Walk.fail

    def spreading(walk: Walk, bad: NDArray[np.bool_], why: int, on: Mask = None) -> None:
        honest(walk, bad | bad.any(), why, on)

    monkeypatch.setattr(Walk, "fail", spreading)
    with pytest.raises(Finding, match="alone"):
        body(b"\x02")


def test_a_fault_that_does_not_exist_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dead letters name their reason from a list."""
    monkeypatch.setattr("schemas.plan.TRAILING_BYTES", len(FAULTS))
    with pytest.raises(Finding, match="does not exist"):
        body(GOOD_BODY + b"!")


def test_a_finding_is_run_again_from_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It names its target, then breaks as it broke."""
    file = tmp_path / "crash"
    file.write_bytes(b"\x00" + GOOD_BODY + b"!")
    assert replay.main([str(file)]) == 0
    assert capsys.readouterr().out == f"{file}: body\n"
    monkeypatch.setattr("schemas.plan.TRAILING_BYTES", len(FAULTS))
    with pytest.raises(Finding):
        replay.main([str(file)])


def test_the_target_s_schema_has_every_feature() -> None:
    """Else nothing is compared."""
    plan = compile_plan(SCHEMA, WANTED)
    assert plan.absent == ()
