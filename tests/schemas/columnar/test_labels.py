"""Labels are read as columns just as fastavro reads them one by one, coded as the contract says."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.columnar.label_columns import LabelColumns
from schemas.columnar.labels import label_reader
from schemas.columnar.truths import Task
from schemas.columns import FAULTS
from schemas.contracts import latest, versions
from schemas.examples import example
from schemas.framing import frame
from schemas.records import RecordRefused, read_record
from tests.schemas.columnar.told import BREAKS, CLASSES, LABEL, Source, seen_labels, stranger, written

OURS = latest("label")
TASKS: tuple[Task, ...] = ("binary", "multiclass", "regression")
NAMES = (*CLASSES, "1")
GOOD = {"binary": True, "multiclass": "true", "regression": 2.5}


def read(values: list[bytes], task: Task, *schemas: object) -> LabelColumns:
    """What is read of `values`, whose schemas have ids from 1 on."""
    return label_reader(Source(*(schemas or (OURS,))), task=task, classes=NAMES).read(values)


def said(record: dict[str, Any], task: Task) -> tuple[Any, ...] | str:
    """What a reader should make of it: its columns, or the name of its fault."""
    event_id, value = record["event_id"], coded(record["label"], task)
    if not event_id:
        return "no_id"
    if len(event_id.encode()) > 1024:
        return "id_too_long"
    if record["labelled_at"] < 0 or not 0 <= record["revision"] < 2**31:
        return "bad_value"
    return value if isinstance(value, str) else (event_id, value, record["labelled_at"], record["revision"])


def coded(value: Any, task: Task) -> float | str:
    """A label as the contract codes it, or its fault."""
    taken: dict[Task, Any] = {"binary": bool | int | float, "multiclass": bool | int | str, "regression": int | float}
    if value is None:
        return "null_label"
    if not isinstance(value, taken[task]) or (task == "regression" and isinstance(value, bool)):
        return "wrong_label_type"
    if task == "binary":
        return float(value) if value in (0, 1) else "unknown_class"
    if task == "multiclass":
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return float(NAMES.index(text)) if text in NAMES else "unknown_class"
    return float(value) if math.isfinite(value) else "bad_value"


@settings(max_examples=300, deadline=None)
@given(st.lists(LABEL, max_size=8), st.sampled_from(TASKS))
def test_every_label_is_coded_as_the_contract_says(records: list[Any], task: Task) -> None:
    """Booleans, numbers, strings and nulls in one batch; ours and a stranger's alike."""
    expected = [said(record, task) for record in records]
    assert seen_labels(read([written(OURS, record) for record in records], task)) == expected
    theirs = stranger("label")
    values = [written((theirs, OURS)[row % 2], record, 1 + row % 2) for row, record in enumerate(records)]
    assert seen_labels(read(values, task, theirs, OURS)) == expected


@settings(max_examples=300, deadline=None)
@given(st.lists(LABEL, max_size=4), st.sampled_from(sorted(BREAKS)), st.integers(5, 60), st.sampled_from(TASKS))
def test_broken_bytes_are_a_fault_or_what_fastavro_reads(records: Any, how: str, at: int, task: Task) -> None:
    """Never an error, never another row's."""
    good = written(OURS, {**example("label", 1), "label": GOOD[task]})
    broken = [BREAKS[how](value, min(at, len(value) - 1)) for value in (written(OURS, one) for one in records)]
    seen = seen_labels(read([value for other in broken for value in (good, other)] + [good], task))
    assert set(seen[::2]) == set(seen_labels(read([good], task)))
    for value, found in zip(broken, seen[1::2], strict=True):
        try:
            expected = said(read_record("label", value), task)
        except RecordRefused:
            assert isinstance(found, str), "fastavro does not read it"
        else:
            assert isinstance(found, str) or found == expected


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=30), max_size=6), st.sampled_from(TASKS))
def test_any_bytes_are_read_or_a_fault(bodies: list[bytes], task: Task) -> None:
    """No body is an error, in either way of reading."""
    for schema in (OURS, stranger("label")):
        read([frame(1) + body for body in bodies], task, schema)


@pytest.mark.parametrize(
    ("changed", "label", "expected"),
    [
        ({"label": {"type": "boolean"}}, True, 1.0),
        ({"label": {"type": "int"}}, 1, 1.0),
        ({"label": {"type": ["null", "float"]}}, 1.0, 1.0),
        ({"revision": None}, True, 1.0),
        ({"label": None}, True, "null_label"),
        ({"revision": {"type": "string"}}, True, "schema_refused"),
        ({"event_id": {"type": "long"}}, True, "schema_refused"),
        ({"labelled_at": None}, True, "schema_refused"),
    ],
)
def test_a_strangers_schema_is_read_as_far_as_avro_allows(changed: dict[str, Any], label: Any, expected: Any) -> None:
    """A narrower type is read, a default stands in for what is left out, what does not fit is refused."""
    theirs = stranger("label", **changed)
    other = {"event_id": 7} if "event_id" in changed else {"revision": "1"} if "revision" in changed else {}
    record = {**example("label", 1), "label": label, **other}
    found = read([written(theirs, record), written(OURS, example("label", 1), 2)], "binary", theirs, OURS)
    assert (FAULTS[found.faults[0]] or float(found.values[0])) == expected
    assert found.ids[1] == example("label", 1)["event_id"].encode()


def test_a_schema_that_fastavro_does_not_take_is_refused() -> None:
    """With its records; nothing it says is an error of ours."""
    theirs = stranger("label", revision={"type": "int", "default": "none"})
    found = read([written(OURS, example("label", 1))], "binary", theirs)
    assert [FAULTS[code] for code in found.faults] == ["schema_refused"]
    assert "SchemaParseException" in found.details[0]


def test_a_fault_says_what_was_expected_and_keeps_the_label_to_itself() -> None:
    """The detail goes into a header of the dead letter."""
    values = [written(OURS, {**example("label", 1), "label": one}) for one in (None, "SECRET", 7)]
    assert read(values, "binary").details == {
        0: "the label is null, expected a boolean, or 0 or 1",
        1: "the label is a string, expected a boolean, or 0 or 1",
        2: "found another value, expected a boolean, or 0 or 1",
    }


def test_every_kept_version_is_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever adds a version sees here that its bodies would be read as those of the first."""
    monkeypatch.setattr("schemas.columnar.contract.body_reader", pytest.fail)
    for schema in versions("label"):
        assert read([written(schema, example("label", 1))], "binary", schema).values.tolist() == [1.0]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"labelled_at": -1}, "bad_value"),
        ({"labelled_at": 0}, ""),
        ({"revision": -1}, "bad_value"),
        ({"revision": 0}, ""),
    ],
)
def test_the_truth_is_known_from_1970_on_and_revised_upwards(changed: dict[str, int], why: str) -> None:
    """In our own schema and in a stranger's."""
    theirs, record = stranger("label"), {**example("label", 1), **changed}
    found = read([written(OURS, record), written(theirs, record, 2)], "binary", OURS, theirs)
    assert [FAULTS[code] for code in found.faults] == [why, why]


def test_a_boolean_that_is_none_is_a_bad_value() -> None:
    """Also where booleans are looked up by their text."""
    value = written(OURS, {**example("label", 1), "label": True})
    at = value.index(b"\x02\x01", 20) + 1
    for task in TASKS:
        found = read([value[:at] + b"\x02" + value[at + 1 :]], task)
        assert [FAULTS[code] for code in found.faults] == ["bad_value"]


def test_many_different_numbers_cost_no_more_than_one_pass() -> None:
    """As classes; each is looked up once."""
    values = [written(OURS, {**example("label", 1), "label": number}) for number in range(3000)]
    found = read(values, "multiclass")
    assert np.flatnonzero(found.faults == 0).tolist() == [1]
    assert found.values[1] == NAMES.index("1")
