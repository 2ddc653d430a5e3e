"""Crayfish's events are what they claim to be, in both shapes, and the table says what was aimed at."""

import json

import numpy as np
import pytest

from load.bench import crayfish
from load.bench.codec import OneSchema
from load.bench.images.events import CLASSES, PIXELS, SCHEMA, Shape, images, pixels
from load.bench.rig.bundles import MODELS, contract_text
from load.bench.rig.drains import Drain
from load.bench.rig.events import event_id
from models.contract import read_contract
from models.session import Session
from schemas.reader import Reader
from services.scorer.kit import wanted_of

EVENTS = 40


@pytest.mark.parametrize("shape", ["json", "packed"])
def test_an_event_of_either_shape_holds_the_same_numbers(shape: Shape) -> None:
    """Read by the reader that its own contract asks for."""
    contract = read_contract(contract_text(features=PIXELS, shape=shape))
    keys, values = zip(*images(EVENTS, shape, 7), strict=True)
    found = Reader(wanted_of(contract), OneSchema(SCHEMA), json=shape == "json").read(values)
    assert found.ids == list(keys) == [event_id(number) for number in range(EVENTS)]
    assert not found.flags.any()
    np.testing.assert_array_equal(found.matrix, pixels(0, EVENTS))


def test_the_json_is_crayfish_s() -> None:
    """Some 15 kB, the numbers in one string; any JSON parser reads the same ones out of it."""
    ((_, value),) = images(1, "json", 7)
    assert len(value) == pytest.approx(15_163, rel=0.01)
    numbers = np.array(json.loads(value)["pixels"].split(","), np.float64)
    np.testing.assert_array_equal(numbers.astype(np.float32), pixels(0, 1)[0])


def test_the_network_answers_with_ten_classes() -> None:
    """It is the model of both contracts, and its answers differ from row to row."""
    onnx = (MODELS / "crayfish.onnx").read_bytes()
    scores = Session(onnx, read_contract(contract_text(features=PIXELS, shape="packed"))).score(pixels(0, EVENTS))
    assert scores.shape == (EVENTS, CLASSES)
    np.testing.assert_allclose(scores.sum(axis=1), 1.0, rtol=1e-5)
    assert np.ptp(scores, axis=0).min() > 0.0


def drains(seconds: float) -> list[Drain]:
    """One drain of a thousand events."""
    return [Drain(1_000, seconds, seconds, 1.0, 1.0, 1.0, 1)]


def test_what_was_aimed_at_stands_beside_what_was_found() -> None:
    """The better of the other's two counts; who did not play is not compared."""
    one, two = (crayfish.streams(threads).row for threads in "12")
    found = {crayfish.JSON.row: drains(1.0), crayfish.PACKED.row: drains(0.1), one: drains(5.0), two: drains(4.0)}
    assert [row[1:] for row in crayfish.aims(found).rows] == [("4", "4.0"), ("10", "10.0")]
    assert crayfish.aims({crayfish.JSON.row: drains(1.0)}).rows == ()
