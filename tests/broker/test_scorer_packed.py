"""Features packed in one field, on the real broker: scored as any others, refused with their reasons."""

from typing import Any

import numpy as np

from models.bundle import load_bundle
from models.session import Session
from schemas.framing import frame
from schemas.source import DirectorySource
from tests.broker.scorer_proof import prove_each_once
from tests.broker.scorer_world import World
from tests.models.bundles import make_bundle
from tests.schemas.avro_events import write
from tests.services.scorer.world import START_MICROS

COUNT, EVENTS = 8, 200
FEATURES: tuple[dict[str, Any], ...] = ({"name": "pixels", "type": "float", "count": COUNT, "range": [-9.0, 9.0]},)
SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "Image",
    "fields": [
        {"name": "event_id", "type": "string"},
        {"name": "event_time", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "pixels", "type": ["null", "bytes"]},
    ],
}
ROWS = np.random.default_rng(5).normal(size=(EVENTS, COUNT)).clip(-8, 8).astype("<f4")
REFUSED = (
    (None, "null:pixels_0"),
    (ROWS[0].tobytes()[:-4], "wrong_type:pixels_0"),
    (np.array([np.nan, *ROWS[0, 1:]], "<f4").tobytes(), "not_finite:pixels_0"),
    (np.array([99.0, *ROWS[0, 1:]], "<f4").tobytes(), "out_of_range:pixels_0"),
)


def test_packed_features_are_scored_as_any_others(world: World) -> None:
    """Every score is the model's own of the same numbers; what breaks the contract is answered with why."""
    make_bundle(world.path / "images", features=FEATURES)
    prefix = frame(DirectorySource(world.path / "schemas").add(SCHEMA))

    def value(name: str, pixels: bytes | None) -> bytes:
        row = {"event_id": name, "event_time": START_MICROS, "pixels": pixels}
        return write(SCHEMA, row, prefix)

    world.feed([value(f"g{row}", ROWS[row].tobytes()) for row in range(EVENTS)])
    world.feed([value(f"b{row}", pixels) for row, (pixels, _) in enumerate(REFUSED)])
    scorer = world.scorer(slot="one", bundle=world.path / "images", batch_rows=50)
    world.drain()
    assert scorer.stop() == 0, world.logs()
    found = prove_each_once(world, rejected=len(REFUSED), dead=0)
    said = {one.prediction["event_id"]: one.prediction for one in found if one.prediction}
    for row, (_, reason) in enumerate(REFUSED):
        assert (said[f"b{row}"]["mode"], said[f"b{row}"]["reasons"][0]) == ("rejected", reason)
    bundle = load_bundle(world.path / "images")
    expected = Session(bundle.onnx, bundle.contract).score(ROWS.astype(np.float32))[:, 0]
    assert [said[f"g{row}"]["mode"] for row in range(EVENTS)] == ["scored"] * EVENTS
    np.testing.assert_allclose([said[f"g{row}"]["score"] for row in range(EVENTS)], expected, rtol=1e-6)
