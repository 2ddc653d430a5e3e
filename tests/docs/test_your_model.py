"""The files of the guide to your own model: what its sender sends is what driftline reads."""

import json
import runpy
from pathlib import Path
from typing import Any

import numpy as np

from models.contract import load_contract
from schemas.reader import Reader
from schemas.records import read_record
from schemas.source import DirectorySource
from services.scorer.kit import wanted_of
from tests.docs.pages import ROOT

HERE = ROOT / "docs" / "guide" / "your-model"
SEND: dict[str, Any] = runpy.run_path(str(HERE / "send.py"))
ROW = {
    "id": "50002",
    "car_value": "20369.0",
    "salary_range": "40K - 60K €",
    "debt_to_income_ratio": "0.75",
    "loan_length": "19.0",
    "repaid_loan_on_prev_car": "True",
    "size_of_downpayment": "40%",
    "driver_tenure": "",
    "timestamp": "2018-10-30 18:17:26.304",
}
"""A line of the table as the csv module reads it."""
AT_MICROS = 1_540_923_446_304_000


def test_an_application_is_read_as_the_model_takes_it(tmp_path: Path) -> None:
    """A category is its place in the contract's list, true is 1, what is missing NaN, what is unknown -1."""
    schema = json.loads((HERE / "event.avsc").read_text(encoding="utf-8"))
    source = DirectorySource(tmp_path)
    schema_id = source.add(schema)
    rows = [ROW, {**ROW, "salary_range": "", "size_of_downpayment": "50%", "repaid_loan_on_prev_car": "False"}]
    values = [SEND["framed"](SEND["event"](row), schema, schema_id) for row in rows]
    found = Reader(wanted_of(load_contract(HERE / "contract.yaml")), source).read(values)
    assert (found.faults == 0).all()
    assert (found.times == AT_MICROS).all()
    expected = [[20369, 2, 0.75, 19, 1, 4, np.nan], [20369, np.nan, 0.75, 19, 0, -1, np.nan]]
    np.testing.assert_array_equal(found.matrix, np.array(expected, np.float32))


def test_a_label_is_read_as_the_labeler_takes_it() -> None:
    """Known two weeks after the application, under its id."""
    contract = json.loads((ROOT / "schemas" / "avro" / "label.v1.avsc").read_text(encoding="utf-8"))
    value = SEND["framed"](SEND["label"](SEND["event"](ROW), "1"), contract, 2)
    assert read_record("label", value) == {
        "event_id": "loan-50002",
        "label": True,
        "labelled_at": AT_MICROS + 14 * 86_400_000_000,
        "revision": 0,
    }


def test_the_contract_is_what_the_guide_says() -> None:
    """Its features are fields of the event, in the same order, and the two that may be missing may be null."""
    contract = load_contract(HERE / "contract.yaml")
    schema = json.loads((HERE / "event.avsc").read_text(encoding="utf-8"))
    names = [contract.event.id, contract.event.time, *contract.feature_names]
    assert [field["name"] for field in schema["fields"]] == names
    nullable = {field["name"] for field in schema["fields"] if "null" in field["type"]}
    assert nullable == {one.name for one in contract.features if one.nullable}
