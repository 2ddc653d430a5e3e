"""The scorer on the memory twin: every record is used, or set aside with a reason, in one transaction."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.session import Session
from stream.faults import Abort
from tests.services.scorer.world import START_MICROS, World, event

MARK = [("driftline-watermark", b"1362196000000000")]


def test_a_good_event_is_scored(tmp_path: Path) -> None:
    """The prediction says who scored what, when, how sure; the score is the model's."""
    world = World(tmp_path, segments=["carrier"])
    world.feed([event(0)])
    world.run()
    (found,) = world.predictions()
    matrix = np.array([[1.5, 0, 0, 0, np.nan]], np.float32)
    assert found["score"] == Session(world.kit.bundle.onnx, world.kit.contract).score(matrix)[0, 0]
    assert found["decision"] == ("true" if found["score"] >= 0.5 else "false")
    assert 0 <= found["estimate"] <= 1
    assert world.kit.bundle.ood is not None
    strangeness = float(world.kit.bundle.ood.judge(matrix)[0][0])
    assert found | {"scored_at": 0, "score": 0, "decision": "", "estimate": 0} == {
        "event_id": "e0", "event_time": START_MICROS, "bucket": START_MICROS, "scored_at": 0, "model": "tiny",
        "model_version": "1", "bundle_digest": world.kit.bundle.digest, "arm": "champion", "mode": "scored",
        "score": 0, "scores": [], "decision": "", "estimate": 0, "reasons": [],
        "ood": {"score": strangeness, "flagged": False},
        "segments": {"carrier": "AA"}, "source": {"topic": "tiny.features", "partition": 0, "offset": 0},
    }  # fmt: skip


def test_a_strange_event_is_scored_and_flagged(tmp_path: Path) -> None:
    """Within its range, yet far from all that the reference knows: the verdict stands beside the score."""
    world = World(tmp_path, partitions=1)
    world.feed([event(0), event(1, amount=99.0), event(2, amount=None)])
    seeing = world.run()
    usual, strange, refused = world.predictions()
    assert (usual["mode"], usual["ood"]["flagged"]) == ("scored", False)
    assert (strange["mode"], strange["ood"]["flagged"]) == ("scored", True)
    assert strange["ood"]["score"] >= 1 > usual["ood"]["score"]
    assert refused["ood"] is None
    whole = [s for p in world.profiles() for s in p["slices"] if s["segment"] == ""]
    assert [(s["rows"], s["flagged"]) for s in whole] == [(2, 1)]
    assert seeing.counts["driftline_flagged_total", ""] == 1


BAD: list[tuple[Any, str]] = [
    (b"", "empty"),
    (None, "empty"),
    (b"1234", "frame_too_short"),
    (b"\x01\x00\x00\x00\x01body", "bad_magic"),
    (b"\x00\x00\x00\x27\x0fbody", "unknown_schema"),
    (b"\x00\x00\x00\x00\x01\x06e", "truncated"),
    (event(1, event_id=""), "no_id"),
    (event(1, event_id="x" * 1025), "id_too_long"),
]
BROKEN: list[tuple[Any, str]] = [
    (event(1, amount=None), "null:amount"),
    (event(1, amount=float("nan")), "not_finite:amount"),
    (event(1, amount=float("-inf")), "not_finite:amount"),
    (event(1, amount=1e6), "out_of_range:amount"),
    (event(1, hour=24), "out_of_range:hour"),
    (event(1, carrier="ZZ"), "unseen:carrier"),
    (event(1, event_time=4_000_000_000_000_000), "future"),
]


@pytest.mark.parametrize(("value", "reason"), BAD)
def test_what_cannot_be_read_is_a_dead_letter(tmp_path: Path, value: Any, reason: str) -> None:
    """With the original bytes and its reason; its good neighbours are scored."""
    world = World(tmp_path, partitions=1)
    world.feed([event(0), value, event(2)])
    world.run()
    assert [p["event_id"] for p in world.predictions()] == ["e0", "e2"]
    ((letter, note),) = world.dead()
    assert note["dlq.error.reason"] == reason.encode()
    assert note["dlq.error.offset"] == b"1"
    if not isinstance(value, dict):
        assert letter == value


@pytest.mark.parametrize(("value", "reason"), BROKEN)
def test_what_breaks_the_contract_is_a_refused_prediction(tmp_path: Path, value: Any, reason: str) -> None:
    """Readable rows are answered, as rejected with their reason; the model never sees them."""
    world = World(tmp_path, partitions=1)
    world.feed([event(0), value, event(2)])
    world.run()
    first, refused, last = world.predictions()
    assert (first["mode"], refused["mode"], last["mode"]) == ("scored", "rejected", "scored")
    assert refused["reasons"] == [reason]
    assert (refused["score"], refused["decision"], refused["estimate"]) == (None, None, None)
    assert world.dead() == []


def test_trailing_bytes_are_refused(tmp_path: Path) -> None:
    """A record followed by more bytes is not the record it says it is."""
    world = World(tmp_path, partitions=1)
    world.feed([event(0)])
    good = world.seen(world.topics.features)[0][2].value
    world.feed([good + b"\x00"])
    world.run()
    assert [note["dlq.error.reason"] for _, note in world.dead()] == [b"trailing_bytes"]


def test_a_watermark_mark_is_passed_on(tmp_path: Path) -> None:
    """It keeps its place among the predictions of its partition, is counted, moves the watermark."""
    world = World(tmp_path, partitions=1)
    world.feed([event(0), None, event(2)], headers=[None, MARK, None])
    world.run()
    entries = [entry for _, _, entry in world.seen(world.topics.predictions)]
    assert [entry.value is None for entry in entries] == [False, True, False]
    assert entries[1].headers == MARK
    (range_,) = world.profiles()[-1]["ranges"]
    assert (range_["marks"], range_["scored"], range_["watermark"]) == (1, 2, 1362196000000000)


def test_the_profile_accounts_for_everything(tmp_path: Path) -> None:
    """Ranges, reasons and slices of the profile add up to what was fed."""
    world = World(tmp_path, segments=["carrier"])
    values = [event(0), *(value for value, _ in BAD), *(value for value, _ in BROKEN), event(3), event(5)]
    world.feed(values)
    world.run()
    profiles = world.profiles()
    ranges = [r for p in profiles for r in p["ranges"] if r["to"] > r["from"]]
    assert sum(r["to"] - r["from"] for r in ranges) == len(values)
    assert sum(r["scored"] for r in ranges) == 3
    assert sum(r["rejected"] for r in ranges) == len(BROKEN)
    assert sum(r["dead"] for r in ranges) == len(BAD)
    reasons: dict[str, int] = {}
    for profile in profiles:
        for reason, count in profile["reasons"].items():
            reasons[reason] = reasons.get(reason, 0) + count
    expected = [reason for _, reason in BAD] + [reason.partition(":")[0] for _, reason in BROKEN]
    assert reasons == {reason: expected.count(reason) for reason in expected}
    wholes = [s for p in profiles for s in p["slices"] if s["segment"] == ""]
    assert sum(s["rows"] for s in wholes) == 3
    assert all(len(s["features"]) == 5 for s in wholes)


@pytest.mark.parametrize("seed", range(8))
def test_aborts_anywhere_lose_nothing(tmp_path: Path, seed: int) -> None:
    """Whatever step a transaction fails at, every event is answered once, in order, ranges tile the input."""
    chance = random.Random(seed)

    def probe(step: str) -> None:
        if step != "committed" and chance.random() < 0.15:
            raise Abort(f"on purpose at {step}")

    world = World(tmp_path)
    values = [event(n) if n % 10 else b"bad" for n in range(300)]
    world.feed(values)
    seeing = world.run(turns=3000, rows=16, probe=probe)
    assert "aborted" in seeing.results
    places = [(p["source"]["partition"], p["source"]["offset"]) for p in world.predictions()]
    assert sorted(places) == places
    assert len(set(places)) == len(places) == 270
    assert len(world.dead()) == 30
    for partition in range(2):
        spans = [(r["from"], r["to"]) for p in world.profiles() for r in p["ranges"] if r["partition"] == partition]
        at = 0
        for start, end in spans:
            assert start == at
            at = end
        assert at == 150


def test_a_restart_keeps_the_watermark(tmp_path: Path) -> None:
    """The next process goes on from the watermark in the committed metadata."""
    world = World(tmp_path, partitions=1, max_age="1h")
    world.feed([event(100)])
    world.run()
    world.feed([event(1)])
    world.run()
    assert [p["reasons"] for p in world.predictions()] == [[], ["stale"]]


@pytest.mark.parametrize("rows", [1, 2, 3, 500])
def test_batching_changes_no_verdict(tmp_path: Path, rows: int) -> None:
    """An event is stale by the events and marks that stand before it, whatever else is in its batch."""
    world = World(tmp_path, partitions=1, clock="event", max_age="1h")
    late_mark = [("driftline-watermark", b"%d" % (START_MICROS + 36 * 3_600_000_000))]
    values = [event(0), event(121), event(1), event(130), event(59), event(70), None, event(140)]
    world.feed(values, headers=[late_mark if value is None else None for value in values])
    world.run(rows=rows)
    assert [p["reasons"] for p in world.predictions()] == [[], [], ["stale"], [], ["stale"], [], ["stale"]]
    assert world.profiles()[-1]["ranges"][0]["watermark"] == START_MICROS + 36 * 3_600_000_000


@pytest.mark.parametrize("said", [b"9999999999999999999", b"999999999999999999", b"-1", b"", b"soon"])
def test_a_mark_nobody_can_believe_is_a_dead_letter(tmp_path: Path, said: bytes) -> None:
    """A header anybody can write moves no clock beyond now, and stops no scorer."""
    world = World(tmp_path, partitions=1, clock="event", max_age="1h")
    world.feed([event(0), None, event(2)], headers=[None, [("driftline-watermark", said)], None])
    world.run()
    assert [p["reasons"] for p in world.predictions()] == [[], []]
    assert [note["dlq.error.reason"] for _, note in world.dead()] == [b"empty"]


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_other_tasks_are_answered_in_their_own_way(tmp_path: Path, task: str) -> None:
    """Multiclass gives every class's probability with the best as decision; regression gives the value alone."""
    world = World(tmp_path, partitions=1, task=task)
    world.feed([event(0), event(1, carrier="ZZ")])
    world.run()
    good, refused = world.predictions()
    assert (refused["score"], refused["scores"], refused["decision"]) == (None, [], None)
    if task == "multiclass":
        assert good["score"] == max(good["scores"])
        assert sum(good["scores"]) == pytest.approx(1)
        assert good["decision"] == world.kit.contract.outputs.classes[int(np.argmax(good["scores"]))]
    else:
        assert (good["scores"], good["decision"], good["estimate"]) == ([], None, None)
        assert good["score"] is not None


def test_json_events_are_read_where_the_contract_says(tmp_path: Path) -> None:
    """A topic declared JSON takes JSON, and refuses what is none."""
    world = World(tmp_path, partitions=1, format="json")
    good = b'{"event_id":"e0","event_time":1362096000000000,"amount":1.5,"hour":3,"weekend":false,"carrier":"AA"}'
    world.feed([good, b"{nonsense", good.replace(b'"hour":3', b'"hour":"3"')])
    world.run()
    first, second = world.predictions()
    assert (first["mode"], second["mode"], second["reasons"]) == ("scored", "rejected", ["wrong_type:hour"])
    assert [note["dlq.error.reason"] for _, note in world.dead()] == [b"bad_json"]


def test_a_lacking_feature_is_named(tmp_path: Path) -> None:
    """A writer schema without a required feature is refused by name, record by record."""
    world = World(tmp_path, partitions=1)
    lacking = {"type": "record", "name": "Short", "fields": [
        {"name": "event_id", "type": "string"}, {"name": "event_time", "type": "long"}]}  # fmt: skip
    source: Any = world.kit.reader.source
    number = source.add(lacking)
    world.feed([b"\x00" + number.to_bytes(4, "big") + b"\x02x\x02", event(1)])
    world.run()
    assert [p["event_id"] for p in world.predictions()] == ["e1"]
    ((_, note),) = world.dead()
    assert note["dlq.error.reason"] == b"schema_refused"
    assert b"amount" in (note["dlq.error.message"] or b"")


def test_predictions_carry_cloudevents_headers_where_asked(tmp_path: Path) -> None:
    """Their id names model, version, arm, input position: the same on replay."""
    plain = World(tmp_path / "plain", partitions=1)
    plain.feed([event(0)])
    plain.run()
    assert not plain.seen(plain.topics.predictions)[0][2].headers
    world = World(tmp_path, partitions=1, settings={"cloudevents": True})
    world.feed([event(0)])
    world.run()
    headers = dict(world.seen(world.topics.predictions)[0][2].headers)
    assert headers["ce_id"] == b"tiny/1/champion/tiny.features/0/0"
    assert headers["ce_specversion"] == b"1.0"
    assert set(headers) == {"ce_id", "ce_specversion", "ce_type", "ce_source", "ce_time", "content-type"}
