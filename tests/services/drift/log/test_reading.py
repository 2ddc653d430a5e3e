"""What is refused of the profile log, with its reason; what is good beside it is used."""

from collections import Counter
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from schemas.framing import frame
from services.drift.core import Movement
from services.drift.log.reading import Piece, pieces_of, read_profile
from services.drift.log.refusal import Refused
from services.drift.log.windows import Rule
from services.drift.sums import Known, Seen
from tests.services.drift.profiles import HOUR, MINUTE, START, Writer, joined, scored, shape, terms

TERMS = terms()
SHAPE = TERMS.shapes[shape().digest]
MANY = terms(replace(shape(), classes=3))
DAY = 24 * HOUR


def piece(**change: Any) -> dict[str, Any]:
    """A good slice of a hundred rows, with something else in it."""
    return {**scored(SHAPE, START, 100, np.random.default_rng(3)), **change}


def label(part: str = "", **change: Any) -> dict[str, Any]:
    """A good slice of a labeler; `change` is made in what was added."""
    found = joined(SHAPE, START, 100, np.random.default_rng(3))
    return {**found, "added": {**found["added"], **change}} if not part else {**found, part: change}


def first_feature(**change: Any) -> list[dict[str, Any]]:
    """The good features, the first changed."""
    found = deepcopy(piece()["features"])
    return [{**found[0], **change}, *found[1:]]


BAD_SLICES = [
    ("counts", piece(rows=-1)),
    ("overflow", piece(rows=2**60)),
    ("counts", piece(rows=99)),
    ("counts", piece(marked=101)),
    ("counts", piece(flagged=-1)),
    ("counts", piece(estimate_sum=101_000_000)),
    ("counts", piece(estimate_sum=-1)),
    ("overflow", piece(score_sum=-(2**62))),
    ("bins", piece(features=[])),
    ("bins", piece(features=piece()["features"] + piece()["features"][:1])),
    ("bins", piece(features=first_feature(feature=7))),
    ("bins", piece(features=first_feature(bins=[9], counts=[98]))),
    ("bins", piece(features=first_feature(bins=[1, 1], counts=[49, 49]))),
    ("bins", piece(features=first_feature(bins=[1], counts=[98, 0]))),
    ("bins", piece(features=first_feature(bins=[-1], counts=[98]))),
    ("counts", piece(features=first_feature(bins=[1], counts=[-98]))),
    ("overflow", piece(features=first_feature(bins=[1], counts=[2**62]))),
    ("counts", piece(features=first_feature(bins=[1], counts=[99]))),
    ("counts", piece(features=first_feature(missing=101))),
    ("counts", piece(features=first_feature(sum=200_000_000_000))),
    ("counts", piece(features=first_feature(square=-1))),
    ("bins", piece(score_bins=[99], score_counts=[100])),
    ("bins", piece(decisions={"maybe": 1})),
    ("counts", piece(decisions={"true": 60, "false": 60})),
    ("unknown_version", piece(bundle_digest="f" * 64)),
    ("unknown_version", piece(model_version="2")),
    ("segment", piece(segment="carrier=ZZ", features=[])),
    ("bins", piece(segment="carrier=AA")),
    ("bucket", piece(bucket=START + 1)),
    ("future", piece(bucket=START + 366 * DAY)),
    ("arms", piece(arm="shadow")),
]
BAD_LABELS = [
    ("counts", label(rows=101)),
    ("counts", label(rows=-1)),
    ("counts", label(errors=101)),
    ("bins", label(cells=[{"score_bin": 0, "label": "maybe", "rows": 100}])),
    ("bins", label(cells=[{"score_bin": 77, "label": "true", "rows": 100}])),
    ("counts", label(cells=[{"score_bin": 0, "label": "true", "rows": 99}])),
    ("counts", label(cells=[{"score_bin": 0, "label": "true", "rows": -100}])),
    ("bins", label(sixteenths=[{"index": 16, "rows": 100, "errors": 0}])),
    ("counts", label(sixteenths=[{"index": 1, "rows": 100, "errors": 1}])),
    ("counts", label(estimate_sum=10**12)),
    ("counts", {**label(), "excluded": -1}),
    ("bins", {**label(), "statuses": {"lost": 1}}),
    ("bins", {**label(), "delay_bins": [41], "delay_counts": [100]}),
    ("bins", {**label(), "delay_errors": [1, 1]}),
    ("counts", {**label(), "delay_errors": [101]}),
    ("counts", {**label(), "delay_errors": [-1]}),
    ("bins", label(confusion_places=[0], confusion_rows=[1])),
]
BAD_CONFUSIONS = [
    ("bins", [9], [85_000_000]),
    ("bins", [-1], [85_000_000]),
    ("bins", [0, 0], [80_000_000, 5_000_000]),
    ("bins", [0], []),
    ("bins", [], [1]),
    ("counts", [0], [-85_000_000]),
    ("counts", [0], [84_999_999]),
    ("counts", [0, 1], [85_000_000, 15_000_301]),
    ("overflow", [0, 1], [85_000_000, 2**60]),
]
BAD_JOINED = [
    ("bins", [9], [1]),
    ("counts", [0], [-1]),
    ("counts", [0], [101]),
    ("counts", [1], [101]),
]


def movement() -> Movement:
    """Nothing read yet."""
    return Movement(TERMS, Rule(bucket=15 * MINUTE))


@pytest.mark.parametrize(("reason", "bad"), BAD_SLICES)
def test_a_bad_slice_is_counted_and_the_one_beside_it_used(reason: str, bad: dict[str, Any]) -> None:
    """Its reason is told; the record is not set aside."""
    mine, writer = movement(), Writer(TERMS)
    ranges = [writer.range("f", 0, 200, START)]
    taken = mine.take(writer.values(ranges, [bad, piece()])[0], offset=0, stamp=0)
    assert (taken.refused, taken.reasons) == (None, Counter({reason: 1}))
    assert [sums.rows for _, _, sums in mine.cutting.seen] == [100]


@pytest.mark.parametrize(("reason", "bad"), BAD_LABELS)
def test_a_bad_slice_of_a_labeler_is_counted_too(reason: str, bad: dict[str, Any]) -> None:
    """As a scorer's."""
    mine, writer = movement(), Writer(TERMS, role="labeler")
    ranges = [writer.range("p", 0, 200, START)]
    taken = mine.take(writer.values(ranges, [bad, label()])[0], offset=0, stamp=0)
    assert (taken.refused, taken.reasons) == (None, Counter({reason: 1}))
    assert [sums.rows for _, _, sums in mine.cutting.known] == [100]


def read_back(role: str, said: dict[str, Any]) -> Piece | Refused:
    """A slice of a model of three classes as the sidecar reads it."""
    (found,) = pieces_of(read_profile(Writer(MANY, role=role).values([], [said])[0], MANY), MANY)
    return found


@pytest.mark.parametrize(("reason", "places", "sums"), BAD_CONFUSIONS)
def test_a_scorer_s_confusion_that_cannot_be_is_refused(reason: str, places: list[int], sums: list[int]) -> None:
    """Classes that the contract does not have, counts below zero, sums that are not those of the estimate."""
    found = read_back("scorer", piece(confusion_places=places, confusion_sums=sums))
    assert isinstance(found, Refused)
    assert found.reason == reason


@pytest.mark.parametrize(("reason", "places", "rows"), BAD_JOINED)
def test_a_labeler_s_confusion_that_cannot_be_is_refused(reason: str, places: list[int], rows: list[int]) -> None:
    """More right ones, or wrong ones, than there are."""
    found = read_back("labeler", label(confusion_places=places, confusion_rows=rows))
    assert isinstance(found, Refused)
    assert found.reason == reason


def test_a_confusion_is_read_by_decided_and_by_true_class() -> None:
    """One that was not told is of no row; what is taken back is taken off."""
    seen = read_back("scorer", piece(confusion_places=[4, 5], confusion_sums=[85_000_000, 15_000_000]))
    bare = read_back("scorer", piece())
    good = label(confusion_places=[0, 7], confusion_rows=[80, 2])
    known = read_back("labeler", {**good, "retracted": {**good["added"], "confusion_rows": [79, 2]}})
    found = [one.sums.confusion.tolist() for one in (seen, bare, known) if isinstance(one, Piece)]
    nothing = [0, 0, 0]
    assert found == [
        [nothing, [0, 85_000_000, 15_000_000], nothing],
        [nothing, nothing, nothing],
        [[1, 0, 0], nothing, nothing],
    ]


def test_a_good_slice_is_read_as_it_was_written() -> None:
    """Sums of a scorer's and of a labeler's, one taken back."""
    writer, labeler = Writer(TERMS), Writer(TERMS, role="labeler")
    (seen,) = pieces_of(read_profile(writer.values([], [piece()])[0], TERMS), TERMS)
    assert not isinstance(seen, Refused)
    assert isinstance(seen.sums, Seen)
    assert seen.sums.bins.sum(axis=1).tolist() == [98, 98, 98]
    assert (seen.sums.rows, seen.sums.marked, seen.sums.scores.sum(), seen.sums.estimate_sum) == (
        100,
        2,
        100,
        85_000_000,
    )
    back = label("retracted", **label()["added"])
    plain, taken_back = pieces_of(read_profile(labeler.values([], [label(), back])[0], TERMS), TERMS)
    assert not isinstance(plain, Refused)
    assert not isinstance(taken_back, Refused)
    assert isinstance(plain.sums, Known)
    assert isinstance(taken_back.sums, Known)
    assert (plain.sums.rows, plain.sums.cells.sum(), plain.sums.parts[:, 0].sum()) == (100, 100, 100)
    assert (plain.sums.statuses, plain.sums.closed, plain.sums.delays[11]) == (Counter(matched=100), 100, 100)
    assert plain.sums.by_delay.sum() == 0, "a labeler that did not count wrong decisions by delay"
    (told,) = pieces_of(read_profile(labeler.values([], [{**label(), "delay_errors": [7]}])[0], TERMS), TERMS)
    assert not isinstance(told, Refused)
    assert isinstance(told.sums, Known)
    assert told.sums.by_delay[11].tolist() == [100, 7]
    assert (taken_back.sums.rows, int(abs(taken_back.sums.cells).sum())) == (0, 0)


def bad_records() -> list[tuple[str, bytes | None]]:
    """Records that are refused whole."""
    writer = Writer(TERMS)
    good = writer.range("f", 0, 10, START)
    return [
        ("unreadable", None),
        ("unreadable", b""),
        ("unreadable", b"no profile"),
        ("unreadable", frame(1) + b"\xff" * 40),
        ("not_ours", writer.values([], model="other")[0]),
        ("not_ours", writer.values([], role="painter")[0]),
        ("bucket_width", writer.values([], bucket_micros=HOUR)[0]),
        ("ranges", writer.values([{**good, "to": -5}])[0]),
        ("ranges", writer.values([{**good, "from": 20}])[0]),
        ("ranges", writer.values([{**good, "scored": -1}])[0]),
        ("ranges", writer.values([{**good, "scored": 11}])[0]),
        ("ranges", writer.values([{**good, "watermark": 2**63 - 1}])[0]),
    ]


@pytest.mark.parametrize(("reason", "value"), bad_records())
def test_a_bad_record_is_set_aside(reason: str, value: bytes | None) -> None:
    """With its reason; nothing of it counts."""
    mine = movement()
    taken = mine.take(value, offset=0, stamp=0)
    assert taken.refused is not None
    assert taken.refused.reason == reason
    assert not list(mine.cutting.seen)
