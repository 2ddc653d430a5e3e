"""What the real scorer and the real labeler write is what the sidecar reads: nothing of it is refused."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schemas.framing import frame
from schemas.records import read_record, write_record
from services.drift.core import Movement
from services.drift.cutting import Due
from services.drift.findings.reference import Reference
from services.drift.findings.terms import Terms
from services.drift.judging.judge import Bench
from services.drift.log.shape import Terms as Shapes
from services.drift.log.shape import terms_of
from services.drift.log.windows import Rule
from services.drift.sums import Cohort, Inputs
from stream.memory_broker import MemoryBroker
from stream.records import Place
from tests.services.labeler.records import HOUR
from tests.services.labeler.world import START as BEGIN
from tests.services.labeler.world import World as LabelerWorld
from tests.services.scorer.world import World as ScorerWorld
from tests.services.scorer.world import event


def read(terms: Shapes, broker: MemoryBroker, topic: str) -> tuple[Movement, list[Due]]:
    """A profile log as a sidecar reads it, without a single complaint."""
    mine, found = Movement(terms, Rule(bucket=terms.bucket, target=100)), list[Due]()
    for offset, entry in broker.committed(Place(topic, 0), 0, 100_000):
        taken = mine.take(entry.value, offset=offset, stamp=1_000)
        assert (taken.refused, taken.reasons) == (None, {})
        found += taken.due
    return mine, found


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_scorer_s_profiles_are_read(tmp_path: Path, task: str) -> None:
    """Rows, features, segments, refused rows and dead letters; whole hours are judged."""
    world = ScorerWorld(tmp_path, task=task, segments=["carrier"])
    events: list[Any] = [event(number) for number in range(600)]
    bad: list[Any] = [event(299, amount=1e9), b"garbage", event(299, carrier="ZZ"), event(299, wind=3.5)]
    for some in (events[:300], bad, events[300:]):
        world.feed(some)
        world.run(rows=40)
        world.kit = replace(world.kit, session_name=f"{world.kit.session_name}s")  # as of another process
    movement, due = read(terms_of([world.kit.bundle]), world.broker, world.topics.profiles)
    inputs = [one.window for one in due if isinstance(one.window, Inputs)]
    waiting = sum(sums.rows for key, _, sums in movement.cutting.seen if not key.segment)
    scored = sum(one["rows"] for profile in world.profiles() for one in profile["slices"] if not one["segment"])
    assert scored >= 600
    assert waiting == scored  # no labeler was heard: cohorts may still ask for every row
    assert sum(one.seen.rows for one in inputs if not one.segment) >= 480
    assert {one.segment for one in inputs} >= {"", "carrier=AA"}
    assert sum(one.served.rejected + one.served.dead for one in inputs) >= 2
    if task != "regression":
        assert sum(one.seen.estimated for one in inputs) > 0
    for one in inputs:
        told = task == "multiclass" and not one.segment
        assert int(one.seen.confusion.trace()) == (one.seen.estimate_sum if told else 0)


def test_what_a_scorer_told_of_several_classes_is_in_the_report(tmp_path: Path) -> None:
    """From events to a record of the contract: F1, and every class by the one that was decided."""
    world = ScorerWorld(tmp_path, task="multiclass")
    world.feed([event(number) for number in range(600)])
    world.run(rows=40)
    reference = Reference(world.kit.bundle)
    _, due = read(terms_of([world.kit.bundle]), world.broker, world.topics.profiles)
    window = next(one.window for one in due if isinstance(one.window, Inputs))
    judge = Bench(lambda _digest: reference, Terms(fewest_rows=10, season=0, most_strange=1.0), code_version="test")
    record = {**judge.inputs(window).report, "late_rows": 0, "profile_from": 0, "profile_to": 9, "written_at": 1}
    said = read_record("drift", write_record("drift", record, frame(1)))["estimated"]
    pairs = {(one["decided"], one["label"]): one["share"] for one in said["confusion_by_class"]}
    assert sum(pairs.values()) == pytest.approx(1.0)
    right = sum(share for (decided, label), share in pairs.items() if decided == label)
    assert right == pytest.approx(said["accuracy"], abs=1e-6)
    assert 0.0 < said["f1"] < 1.0
    assert said["confusion"] is None


def test_a_labeler_s_profiles_are_read(tmp_path: Path) -> None:
    """Matched, revised, expired: what was taken back is taken off; cohorts are judged when their horizon is over."""
    world = LabelerWorld(tmp_path)
    digest = world.kit.bundle.digest
    names = [(f"e{number}", BEGIN + number * HOUR // 100) for number in range(200)]
    world.predict(*({"event_id": name, "event_time": time, "bundle_digest": digest} for name, time in names))
    world.tell(*({"event_id": name, "labelled_at": time + HOUR // 2} for name, time in names[:150]))
    world.run()
    world.kit = replace(world.kit, session_name="again")
    again = {"labelled_at": BEGIN + HOUR, "revision": 1, "label": False}
    world.tell(*({"event_id": name, **again} for name, _ in names[:20]))
    world.mark(48)
    world.run()
    movement, _ = read(terms_of([world.kit.bundle]), world.broker, world.topics.profiles)
    known = [sums for key, _, sums in movement.cutting.known if not key.segment]
    assert sum(one.rows for one in known) == 150
    assert sum(one.statuses["revised"] for one in known) == 20
    assert sum(one.statuses["expired"] for one in known) == 50
    assert sum(one.closed for one in known) == 200
    assert all(int(one.cells.sum()) == one.rows for one in known)
    assert sum(one.errors for one in known) == 20


def test_a_labeler_s_confusion_of_several_classes_is_read(tmp_path: Path) -> None:
    """Each row under the class that was decided and the one that is true; a revision moves it."""
    world = LabelerWorld(tmp_path, task="multiclass")
    names = [(f"e{number}", BEGIN + number * HOUR // 100) for number in range(60)]
    said = {"bundle_digest": world.kit.bundle.digest, "decision": "late"}
    world.predict(*({**said, "event_id": name, "event_time": time} for name, time in names))
    labels = [{"event_id": name, "labelled_at": time + HOUR // 2, "label": "late"} for name, time in names]
    world.tell(*labels)
    world.run()
    world.kit = replace(world.kit, session_name="again")
    world.tell(*({**one, "label": "on_time", "revision": 1, "labelled_at": BEGIN + HOUR} for one in labels[:20]))
    world.mark(48)
    world.run()
    movement, _ = read(terms_of([world.kit.bundle]), world.broker, world.topics.profiles)
    known = [sums for key, _, sums in movement.cutting.known if not key.segment]
    assert np.sum([one.confusion for one in known], axis=0).tolist() == [[0, 0, 0], [0, 0, 0], [0, 20, 40]]
    assert sum(one.rows for one in known) == 60


def test_no_cohort_is_judged_before_the_labelers_came(tmp_path: Path) -> None:
    """Rows of a scorer wait for the labelers' time, a week beyond the horizon at most."""
    world = ScorerWorld(tmp_path)
    world.feed([event(number) for number in range(600)])
    world.run(rows=40)
    _, due = read(terms_of([world.kit.bundle]), world.broker, world.topics.profiles)
    assert due
    assert not [one for one in due if isinstance(one.window, Cohort)]
