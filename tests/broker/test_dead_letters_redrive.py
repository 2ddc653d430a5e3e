"""After a bad deploy on the real broker: the letters are looked at, sent again, and each is answered exactly once."""

import json
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from driftline.__main__ import command_line
from driftline.audit import audit
from driftline.dlq import letters as module
from driftline.dlq import sending
from driftline.dlq.letters import Box, Letter, letters
from driftline.dlq.originals import Lost, originals
from driftline.dlq.sending import Sender, asked_to_stop
from driftline.output import Refusal
from schemas.framing import frame
from schemas.records import read_record
from stream.faults import Stopped
from stream.kafka.clients import client_config
from stream.kafka.producer import TransactionalProducer
from stream.kafka.reading import committed_of
from stream.kafka.scan import edges
from stream.records import Headers, Writes
from tests.broker.bombs import large
from tests.broker.scored import PARTITIONS, ScoredTopics
from tests.broker.scorer_proof import Record, visible
from tests.broker.scorer_world import World
from tests.services.scorer.world import EVENT, event, write_event

UNKNOWN = frame(77)
MANY, MIB = 30, 1_048_576
MINE: Headers = [("traceparent", b"00-abc"), ("empty", None)]


@pytest.fixture
def scored(brokers: str, prefix: str, tmp_path: Path) -> ScoredTopics:
    """Fresh topics with a scorer in this process."""
    return ScoredTopics(tmp_path, brokers, prefix)


def dlq(at: World | ScoredTopics, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """What `driftline dlq ...` prints, with its exit code."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        command_line("dlq")(["dlq", *words, "--brokers", at.brokers, "--model", "tiny", "--prefix", at.prefix])
    return int(str(ended.value.code or 0)), capsys.readouterr().out


def box(at: World | ScoredTopics) -> Box:
    """The model's dead letters."""
    return Box(brokers=at.brokers, model="tiny", prefix=at.prefix)


def score_on(world: World) -> None:
    """Let a scorer answer what came since; behind a transaction's last record stands its marker."""
    scorer = world.scorer(slot="one")

    def is_drained() -> bool:
        stands = committed_of(world.brokers, world.books.reader, world.places())
        ends = edges(world.brokers, [world.features])
        return all(end - stands.get(place, low) <= 1 for place, (low, end) in ends.items())

    world.wait(is_drained)
    assert scorer.stop() == 0, world.logs()


def predicted_ids(at: World | ScoredTopics) -> list[str]:
    """The event id of every prediction that was not refused."""
    said = [read_record("prediction", one.value or b"") for one in visible(at, at.books.topic("predictions"))]
    return sorted(one["event_id"] for one in said if one["mode"] == "scored")


def features(at: World | ScoredTopics) -> list[Record]:
    """Every record that came in."""
    return visible(at, at.books.topic("features"))


def test_after_a_bad_deploy_every_record_is_answered_once(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """List, dry run, redrive, redrive again: one prediction a record, nothing sent twice, the ledger balanced."""
    world.feed_events(5)
    numbers = range(100, 100 + MANY)
    values = [UNKNOWN + write_event(event(number), b"") for number in numbers]
    world.feed(values, keys=[b"k%d" % n for n in numbers], headers=dict.fromkeys(range(MANY), MINE))
    score_on(world)
    code, out = dlq(world, capsys, "list", "--reason", "unknown_schema", "--since", "1h", "--json")
    said = json.loads(out)
    assert (code, len(said["letters"])) == (0, MANY)
    assert said["reasons"] == {"unknown_schema": {"letters": MANY, "redriven": 0}}
    (world.path / "schemas" / "77.avsc").write_text(json.dumps(EVENT), encoding="utf-8")
    code, out = dlq(world, capsys, "redrive", "--reason", "unknown_schema", "--dry-run")
    assert (code, f"would send {MANY}, skip 0, refuse 0" in out) == (0, True)
    assert len(features(world)) == 5 + MANY
    code, out = dlq(world, capsys, "redrive", "--reason", "unknown_schema", "--yes")
    assert (code, out.strip()) == (0, f"sent {MANY} to {world.features}, skipped 0, refused 0")
    code, out = dlq(world, capsys, "redrive", "--reason", "unknown_schema", "--yes")
    assert (code, out.strip()) == (0, f"sent 0 to {world.features}, skipped {MANY}, refused 0")
    score_on(world)
    assert predicted_ids(world) == sorted([f"e{n}" for n in range(5)] + [f"e{n}" for n in range(100, 100 + MANY)])
    came, again = first_and_again(world)
    assert [(one.partition, one.key, one.value) for one in came] == [(o.partition, o.key, o.value) for o in again]
    assert all(list(one.headers) == [*MINE, ("dlq.redrives", b"1")] for one in again)
    verdict = audit(world.books)
    assert verdict.status == "balanced", verdict.first_fault
    assert sum(one.dead for one in verdict.partitions) == MANY
    code, out = dlq(world, capsys, "list", "--json")
    assert json.loads(out)["reasons"] == {"unknown_schema": {"letters": MANY, "redriven": MANY}}


def first_and_again(world: World) -> tuple[list[Record], list[Record]]:
    """The records of the bad deploy, then as they were sent again, each in the order of their partitions."""
    mine = [one for one in features(world) if (one.value or b"").startswith(UNKNOWN)]
    mine.sort(key=lambda one: (one.partition, one.offset))
    again = [one for one in mine if "dlq.redrives" in dict(one.headers)]
    return [one for one in mine if one not in again], again


def junk(scored: ScoredTopics, values: Sequence[bytes], **other: Any) -> list[Letter]:
    """Dead letters of these values, in one partition."""
    scored.produce(scored.topics.features, values, 0, **other)
    scored.score(len(values))
    return letters(box(scored))


def test_a_corrected_value_is_answered_once(scored: ScoredTopics, capsys: pytest.CaptureFixture[str]) -> None:
    """One letter, its value replaced, its key and headers kept: exactly one prediction for its id."""
    _, letter = junk(scored, [b"\x01broken"] * 2, headers=[MINE, MINE])
    name = f"{letter.partition}:{letter.offset}"
    fixed = scored.path / "fixed.bin"
    fixed.write_bytes(write_event(event(7, event_id="fixed"), scored.world.prefix))
    with pytest.raises(Refusal, match="found 2 letters for one --value-file"):
        dlq(scored, capsys, "redrive", "--value-file", str(fixed), "--yes")
    for count in (1, 0):
        code, out = dlq(scored, capsys, "redrive", name, "--value-file", str(fixed), "--yes")
        assert (code, out.split(" to ")[0]) == (0, f"sent {count}")
    scored.score(1)
    assert predicted_ids(scored) == ["fixed"]
    sent = features(scored)[-1]
    assert (sent.partition, sent.key, list(sent.headers)) == (0, b"k1", [*MINE, ("dlq.redrives", b"1")])
    assert audit(scored.books).status == "balanced"


def test_what_comes_back_is_refused_in_the_end(scored: ScoredTopics, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing was repaired: each redrive makes a new letter with one more attempt, until the limit says no."""
    junk(scored, [b"\x01broken"])
    for attempt in (1, 2):
        newest = json.loads(dlq(scored, capsys, "list", "--json")[1])["letters"][-1]
        assert newest["attempt"] == attempt
        assert dlq(scored, capsys, "redrive", "--max-cycles", "2", "--yes")[0] == 0
        scored.score(1)
    code, out = dlq(scored, capsys, "redrive", "--max-cycles", "2", "--yes")
    assert (code, "it came back 2 times: --max-cycles 3 lets it try once more" in out) == (1, True)
    assert out.strip().endswith(f"sent 0 to {scored.topics.features}, skipped 2, refused 1")
    assert audit(scored.books).status == "balanced"


def test_references_are_fetched_and_compared(scored: ScoredTopics, capsys: pytest.CaptureFixture[str]) -> None:
    """The original's bytes from the source topic; one that is gone, or is another's, is reported, never made up."""
    value, topic = b"\x01" + bytes(1_200_000), scored.topics.features
    for one in (value, value, b"\x01small"):
        assert large(scored.brokers, topic, one, key=b"a", headers=MINE)
    scored.score(3)
    first, second, _ = letters(box(scored))
    assert first.is_reference
    changed = replace(second, note={**second.note, "sha256": "0"})
    (lost,) = originals(box(scored), {changed.id: changed})
    assert isinstance(lost, Lost)
    assert "offset 1 holds other bytes now" in lost.why
    admin = AdminClient({"bootstrap.servers": scored.brokers})
    next(iter(admin.delete_records([TopicPartition(topic, 0, 1)]).values())).result(10)
    code, out = dlq(scored, capsys, "redrive", "--dry-run")
    assert (code, "would send 2, skip 0, refuse 1" in out) == (0, True)
    code, out = dlq(scored, capsys, "redrive", "--yes")
    assert (code, f"{topic}[0] no longer holds offset 0" in out) == (1, True)
    assert out.strip().endswith(f"sent 2 to {topic}, skipped 0, refused 1")
    sent = features(scored)[-2:]
    assert [(one.key, one.value) for one in sent] == [(b"a", value), (b"a", b"\x01small")]
    assert list(sent[0].headers) == [*MINE, ("dlq.redrives", b"1")]


def test_one_record_too_large_holds_up_no_other(scored: ScoredTopics, capsys: pytest.CaptureFixture[str]) -> None:
    """A record of exactly the largest size has no room for the header that counts its cycles."""
    noise = b"\x01" + os.urandom(MIB)
    assert any(large(scored.brokers, scored.topics.features, noise[: MIB - less]) for less in range(60, 200, 4))
    scored.score(1)
    junk(scored, [b"\x01small"] * 3)
    code, out = dlq(scored, capsys, "redrive", "--yes", "--json")
    said = json.loads(out)
    assert (code, said["sent"], len(said["refused"])) == (1, 3, 1)
    assert "Message size too large" in said["refused"][0]["why"]
    assert sum(one.redriven_millis is not None for one in letters(box(scored))) == 3


def test_ctrl_c_leaves_no_half_of_anything(scored: ScoredTopics, monkeypatch: pytest.MonkeyPatch) -> None:
    """The open transaction is aborted, what was committed is marked; the rest is for the next time."""
    monkeypatch.setattr(sending, "MOST_RECORDS", 10)
    # Whoever runs the tests in the background has Ctrl-C ignored, which is inherited.
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    there = {one.id: one for one in junk(scored, [b"\x01%d" % number for number in range(25)])}
    sender = Sender(box(scored), PARTITIONS)
    with asked_to_stop() as asked:

        def pressed() -> bool:
            if not asked() and len(features(scored)) > 25:
                signal.raise_signal(signal.SIGINT)
            return asked()

        sent = sender.send(originals(box(scored), there), pressed)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    signal.signal(signal.SIGINT, usual)
    sender.close()
    assert (sent.count, sent.is_stopped) == (10, True)
    assert len(features(scored)) == 35
    assert sum(one.redriven_millis is not None for one in letters(box(scored))) == 10


def test_of_two_redrives_at_once_one_goes_on(scored: ScoredTopics) -> None:
    """The second takes the first one's place: nothing is sent by both."""
    there = {one.id: one for one in junk(scored, [b"\x01junk"])}
    first, second = Sender(box(scored), PARTITIONS), Sender(box(scored), PARTITIONS)
    with pytest.raises(Stopped, match="another redrive"):
        first.send(originals(box(scored), there), lambda: False)
    assert second.send(originals(box(scored), there), lambda: False).count == 1
    first.close()
    second.close()
    assert len(features(scored)) == 2


def test_marks_behind_an_open_transaction_are_waited_for(
    scored: ScoredTopics, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be seen yet may say that a letter was sent: nothing is sent before it can be."""
    monkeypatch.setattr(module, "WAIT_SECONDS", 1)
    there = {one.id: one for one in junk(scored, [b"\x01junk"])}
    writer = TransactionalProducer(client_config(scored.brokers) | {"transactional.id": f"{scored.prefix}slow"})
    deadline = time.monotonic() + 10, time.monotonic
    writer.init(*deadline)
    writer.begin(*deadline)
    slow = Writes(topic=box(scored).topic, values=[b"x"], keys=[None], partitions=[0])
    writer.write(slow, *deadline)
    writer.flush(*deadline)
    sender = Sender(box(scored), PARTITIONS)
    assert sender.send(originals(box(scored), there), lambda: False).count == 1
    sender.close()
    with pytest.raises(Stopped, match="a transaction has been open on"):
        dlq(scored, capsys, "redrive", "--yes")
    writer.abort(*deadline)
    assert dlq(scored, capsys, "redrive", "--yes")[1].startswith("sent 0")
    assert len(features(scored)) == 2


def test_a_letter_is_shown_without_its_bytes(scored: ScoredTopics, capsys: pytest.CaptureFixture[str]) -> None:
    """Unless they are asked for: they may be personal data."""
    junk(scored, [b"\x01secret bytes"], headers=[MINE])
    code, out = dlq(scored, capsys, "show", "0:0")
    assert code == 0
    assert "secret" not in out
    assert {"key: k0", "header traceparent: 00-abc", "note reason: bad_magic"} <= set(out.splitlines())
    assert ".secret bytes" in dlq(scored, capsys, "show", "0:0", "--payload")[1]
    with pytest.raises(Refusal, match="found no letter 0:99"):
        dlq(scored, capsys, "show", "0:99")
