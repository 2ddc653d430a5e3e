"""Bad input on the real broker: set aside or refused with its reason, while every good neighbour is scored."""

from typing import Any

from stream.records import Headers
from tests.broker.scorer_proof import prove_each_once, visible
from tests.broker.scorer_world import World
from tests.services.scorer.world import event, write_event

UNREADABLE: list[tuple[Any, str]] = [
    (b"", "empty"),
    (None, "empty"),
    (b"1234", "frame_too_short"),
    (b"\x01\x00\x00\x00\x01body", "bad_magic"),
    (b"\x00\x00\x00\x27\x0fbody", "unknown_schema"),
    (write_event(event(9), b"\x00\x00\x00\x00\x01")[:-4], "truncated"),
    (write_event(event(9), b"\x00\x00\x00\x00\x01") + b"\x00", "trailing_bytes"),
    (event(9, event_id=""), "no_id"),
]
REFUSED: list[tuple[dict[str, Any], str]] = [
    (event(9, event_id="b0", amount=None), "null:amount"),
    (event(9, event_id="b1", amount=float("nan")), "not_finite:amount"),
    (event(9, event_id="b2", amount=float("-inf")), "not_finite:amount"),
    (event(9, event_id="b3", amount=1e6), "out_of_range:amount"),
    (event(9, event_id="b4", hour=24), "out_of_range:hour"),
    (event(9, event_id="b5", carrier="ZZ"), "unseen:carrier"),
    (event(9, event_id="b6", event_time=4_000_000_000_000_000), "future"),
]
JUNK, ROW = UNREADABLE[2][0], 200
MINE: Headers = [("traceparent", b"00-abc-def-01"), ("twice", b"1"), ("twice", None)]


def test_f12_bad_records_are_set_aside_among_good_ones(world: World) -> None:
    """Unreadable ones with key, bytes and headers of their own beside the reason; a row of them holds nothing up."""
    world.feed([JUNK] * ROW, keys=[b"same"] * ROW, headers=dict.fromkeys(range(ROW), MINE))
    bad = [*UNREADABLE, *REFUSED]
    good = [event(number, event_id=f"g{number}") for number in range(len(bad) + 1)]
    values: list[Any] = [good[0]]
    keys: list[bytes | None] = [b"same"]
    for (value, _), neighbour in zip(bad, good[1:], strict=True):
        values += [value, neighbour]
        keys += [b"same", b"same"]
    keys[1], keys[2] = None, b""
    world.feed(values, keys=keys, headers=dict.fromkeys(range(1, 2 * len(bad), 2), MINE))
    scorer = world.scorer(slot="one", batch_rows=50)
    world.drain()
    assert scorer.stop() == 0, world.logs()
    found = prove_each_once(world, rejected=len(REFUSED), dead=len(UNREADABLE) + ROW)
    predictions = {a.prediction["event_id"]: a.prediction for a in found if a.prediction}
    assert {e["event_id"] for e in good} | {e["event_id"] for e, _ in REFUSED} == set(predictions)
    assert {predictions[e["event_id"]]["mode"] for e in good} == {"scored"}
    for refused, reason in REFUSED:
        said = predictions[refused["event_id"]]
        assert (said["mode"], said["reasons"], said["score"]) == ("rejected", [reason], None)
    fed = {(one.partition, one.offset): one for one in visible(world, world.features)}
    letters = [(fed[answer.source], answer) for answer in found if answer.prediction is None]
    assert {answer.note["dlq.error.reason"] for _, answer in letters} == {why.encode() for _, why in UNREADABLE}
    for came, answer in letters:
        assert (answer.record.key, answer.record.value) == (came.key, came.value)
        assert list(answer.record.headers)[: len(MINE)] == MINE
        assert answer.note["dlq.error.topic"] == world.features.encode()
        assert answer.note["dlq.error.reason"] == expected(world, came.value)


def expected(world: World, value: bytes | None) -> bytes:
    """The reason that `value` was fed with."""
    wire = [write_event(v, world.frame) if isinstance(v, dict) else v for v, _ in UNREADABLE]
    return UNREADABLE[wire.index(value)][1].encode()
