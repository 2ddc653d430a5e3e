"""Random predictions and labels, sources of their schemas, and what a reader should make of each record."""

import copy
import io
import math
from collections.abc import Callable, Sequence
from typing import Any

import fastavro
from hypothesis import strategies as st

from schemas.columnar.label_columns import LabelColumns
from schemas.columnar.prediction_columns import PredictionColumns
from schemas.columns import FAULTS
from schemas.contracts import latest
from schemas.framing import frame
from schemas.records import without_logical_types
from schemas.source import SourceUnavailable
from schemas.varints import write_long, write_map, write_texts

CLASSES = ("false", "true", "été")
LONG = st.integers(-(2**63), 2**63 - 1) | st.integers(0, 2**50)
TEXT = st.sampled_from(["", "a", "UA", "été", "x" * 70]) | st.text(max_size=5)
NUMBER = st.none() | st.floats() | st.sampled_from([0.25, 1.0])
ID = st.text(min_size=1, max_size=8) | st.sampled_from(["", "e", "é" * 512, "x" * 1025])

BREAKS: dict[str, Callable[[bytes, int], bytes]] = {
    "cut": lambda value, at: value[:at],
    "longer": lambda value, at: value[:at] + b"\x02" + value[at:],
    "turned": lambda value, at: value[:at] + bytes([value[at] ^ 0x80]) + value[at + 1 :],
    "all bits": lambda value, at: value[:at] + b"\xff" * 11 + value[at + 1 :],
    "negative": lambda value, at: value[:at] + b"\x01" + value[at + 1 :],
}


def prediction(draw: st.DrawFn) -> dict[str, Any]:
    """Any prediction; most are ones that a scorer could write."""
    return {
        "event_id": draw(ID),
        "event_time": draw(LONG),
        "bucket": draw(LONG),
        "scored_at": draw(LONG),
        "model": draw(TEXT),
        "model_version": draw(TEXT),
        "bundle_digest": draw(TEXT),
        "arm": draw(TEXT),
        "mode": draw(st.sampled_from(["scored", "fallback", "prior", "rejected"])),
        "score": draw(NUMBER),
        "scores": draw(st.lists(st.floats(), max_size=3) | st.just([0.5] * 40)),
        "decision": draw(st.none() | st.sampled_from([*CLASSES, "true", "", "other"])),
        "estimate": draw(NUMBER),
        "reasons": draw(st.lists(TEXT, max_size=3) | st.just(["missing:x"] * 30)),
        "ood": draw(st.none() | st.fixed_dictionaries({"score": st.floats(), "flagged": st.booleans()})),
        "segments": draw(st.dictionaries(TEXT, TEXT, max_size=3) | st.just({str(i): "v" for i in range(20)})),
        "source": {
            "topic": draw(TEXT),
            "partition": draw(st.integers(-1, 2**31 - 1)),
            "offset": draw(st.integers(-1, 2**63 - 1)),
        },
    }


@st.composite
def predictions(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Up to six, some of them alike."""
    some = [prediction(draw) for _ in range(draw(st.integers(0, 4)))]
    return [*some, *draw(st.lists(st.sampled_from(some), max_size=2))] if some else []


LABEL = st.fixed_dictionaries(
    {
        "event_id": ID,
        "label": st.none()
        | st.booleans()
        | st.integers(-2, 3)
        | LONG
        | st.floats()
        | st.sampled_from([0.0, 1.0, -0.0])
        | st.sampled_from([*CLASSES, "1", "other"]),
        "labelled_at": LONG,
        "revision": st.integers(-1, 3) | st.just(2**31 - 1),
    }
)


def said_of_prediction(record: dict[str, Any]) -> tuple[Any, ...] | str:
    """What a reader should make of it: its columns, or the name of its fault."""
    source, decision = record["source"], record["decision"]
    if why := _id_fault(record["event_id"]):
        return why
    numbers = [record["score"], record["estimate"]]
    if any(one is not None and not math.isfinite(one) for one in numbers):
        return "bad_value"
    if source["partition"] < 0 or source["offset"] < 0 or decision not in (None, *CLASSES):
        return "bad_value"
    who = tuple(record[name] for name in ("model_version", "bundle_digest", "arm"))
    said = [record[name] for name in ("event_time", "bucket", "mode")]
    words = (*who, source["topic"], source["partition"])
    return (record["event_id"], *said, *numbers, decision, words, tuple(record["segments"].items()), source["offset"])


def _id_fault(event_id: str) -> str:
    if not event_id:
        return "no_id"
    return "id_too_long" if len(event_id.encode()) > 1024 else ""


def seen_predictions(found: PredictionColumns) -> list[tuple[Any, ...] | str]:
    """The same of what was read."""
    modes = ("scored", "fallback", "prior", "rejected")
    return [
        FAULTS[found.faults[row]]
        or (
            name.decode(),
            int(found.times[row]),
            int(found.buckets[row]),
            modes[found.modes[row]],
            *(None if math.isnan(one[row]) else float(one[row]) for one in (found.scores, found.estimates)),
            None if found.decisions[row] < 0 else CLASSES[found.decisions[row]],
            found.word_sets[found.words[row]],
            found.segment_sets[found.segments[row]],
            int(found.sources[row]),
        )
        for row, name in enumerate(found.ids)
    ]


def seen_labels(found: LabelColumns) -> list[tuple[Any, ...] | str]:
    """Id, value, time and revision of each label, or the name of its fault."""
    return [
        FAULTS[found.faults[row]]
        or (name.decode(), float(found.values[row]), int(found.times[row]), int(found.revisions[row]))
        for row, name in enumerate(found.ids)
    ]


class Source:
    """Schemas by id, from 1 on; it may be down."""

    def __init__(self, *schemas: object) -> None:
        self.schemas: Sequence[object] = schemas
        self.down = False

    def by_id(self, schema_id: int) -> object | None:
        if self.down:
            raise SourceUnavailable("the registry is down")
        return self.schemas[schema_id - 1] if 0 < schema_id <= len(self.schemas) else None

    def by_guid(self, guid: bytes) -> object | None:
        return self.by_id(guid[0])


def stranger(contract: str, **changed: Any) -> dict[str, Any]:
    """The contract as somebody else might write it: with a field more, and others changed or (None) left out."""
    made = copy.deepcopy(latest(contract))
    kept = [field for field in made["fields"] if changed.get(field["name"], {}) is not None]
    made["fields"] = [_changed(field, changed.get(field["name"])) for field in kept]
    made["fields"].insert(1, {"name": "note", "type": "string"})
    return made


def _changed(field: dict[str, Any], change: dict[str, Any] | None) -> dict[str, Any]:
    return field if change is None else {"name": field["name"], **change}


def written(schema: dict[str, Any], record: dict[str, Any], schema_id: int = 1) -> bytes:
    """The framed record, by fastavro."""
    out = io.BytesIO()
    out.write(frame(schema_id))
    fastavro.schemaless_writer(out, fastavro.parse_schema(without_logical_types(schema)), {"note": "n", **record})
    return out.getvalue()


def in_blocks(whole: bytes, items: int, size: int) -> bytes:
    """An array or map of one block, as a sized block, then an empty end."""
    return whole if not items else write_long(-items) + write_long(len(whole) - size - 1) + whole[size:]


def blocked(record: dict[str, Any], *, sized: bool) -> bytes:
    """A prediction's body by hand: its arrays and map one item a block, or in one block with its size."""
    texts, pairs = record["reasons"], list(record["segments"].items())
    if sized:
        reasons = in_blocks(write_texts(texts), len(texts), len(write_long(len(texts))))
        segments = in_blocks(write_map(pairs), len(pairs), len(write_long(len(pairs))))
    else:
        reasons = b"".join(write_texts([one])[:-1] for one in texts) + b"\0"
        segments = b"".join(write_map([one])[:-1] for one in pairs) + b"\0"
    parts = {"reasons": reasons, "segments": segments}
    plain = {**record, "reasons": [], "segments": {}}
    schema = latest("prediction")
    body = b""
    for field in schema["fields"]:
        one = {"type": "record", "name": "One", "namespace": "driftline.v1", "fields": [field]}
        body += parts.get(field["name"]) or written(one, {field["name"]: plain[field["name"]]})[5:]
    return frame(1) + body
