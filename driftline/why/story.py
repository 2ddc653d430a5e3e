"""The story of one event: what it was, what was predicted, what turned out, what became of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from driftline.shown import TIMES, Shown, moment, printable, span, text_of

Line = tuple[str, str]
"""A heading, "" below the first line of a part, with what stands there."""
KINDS = ("features", "predictions", "labels", "outcomes")


class Sighting(NamedTuple):
    """A record of the event's, with the topic it stands on."""

    topic: str
    shown: Shown

    @property
    def record(self) -> Mapping[str, Any]:
        """Its fields; none where it could not be decoded."""
        return self.shown.record or {}

    @property
    def where(self) -> str:
        """Where it lies on Kafka, and when it came there."""
        one = self.shown
        return f"{self.topic}[{one.partition}] offset {one.offset}, {moment(one.timestamp_millis * 1000)}"


@dataclass
class Story:
    """Everything found of an event: `found` by kind, `letters` dead ones, `gone` where its event was once."""

    event_id: str
    found: dict[str, list[Sighting]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    letters: list[Sighting] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nobody ever heard of it."""
        return not self.letters and not any(self.found.values())

    @property
    def keys(self) -> set[bytes]:
        """The keys that its records bear."""
        return {one.shown.key for some in self.found.values() for one in some if one.shown.key is not None}

    @property
    def sources(self) -> set[tuple[str, int, int]]:
        """Where its predictions say that the event stands: topic, partition, offset."""
        said = [one.record["source"] for one in self.found["predictions"] if "source" in one.record]
        return {(one["topic"], one["partition"], one["offset"]) for one in said}

    def as_data(self) -> dict[str, Any]:
        """The story for machines."""
        parts = {"events": self.found["features"], **{kind: self.found[kind] for kind in KINDS[1:]}}
        parts["dead_letters"] = self.letters
        told = {name: [{"topic": one.topic, **one.shown.as_data()} for one in some] for name, some in parts.items()}
        return {"event_id": self.event_id, "found": not self.is_empty, "gone": self.gone, **told}

    def lines(self) -> Iterator[Line]:
        """The story for people: event, predictions, labels, outcomes, dead letters, what stands."""
        tellers = {"features": _event, "predictions": _prediction, "labels": self._label, "outcomes": _outcome}
        names = {"features": "event", "predictions": "prediction", "labels": "label"}
        yield from (("event", f"no longer kept: it was {text}") for text in self.gone)
        for kind, tell in tellers.items():
            for one in self.found[kind]:
                name = names.get(kind) or f"outcome {one.record.get('seq', '?')}"
                yield from zip(_headed(name), (one.where, *_unreadable(one, tell(one))), strict=False)
        for one in self.letters:
            yield from zip(_headed("dead letter"), (one.where, *_letter(one)), strict=False)
        yield from (("stands", text) for text in self._stands())

    def _label(self, one: Sighting) -> Iterator[str]:
        said = one.record
        times = {other.record["event_time"] for other in self.found["predictions"] if "event_time" in other.record}
        after = f", {span(said['labelled_at'] - min(times))} after the event" if times else ""
        yield f"{_value(said['label'])}, revision {said['revision']}, known at {moment(said['labelled_at'])}{after}"

    def _stands(self) -> Iterator[str]:
        """What stands for each version and arm: of its outcomes the highest seq, the first of them."""
        latest: dict[tuple[str, str], Mapping[str, Any]] = {}
        for one in self.found["outcomes"]:
            said = one.record
            if "seq" in said:
                whose = (said["model_version"], said["arm"])
                latest[whose] = max(latest.get(whose, said), said, key=lambda record: int(record["seq"]))
        for (version, arm), said in latest.items():
            yield f"{said['status']} (version {printable(version)}, {printable(arm)}){_judged(said)}"


def _headed(name: str) -> Iterator[str]:
    yield name
    while True:
        yield ""


def _unreadable(one: Sighting, told: Iterator[str]) -> Iterator[str]:
    """What is told of a record; why it cannot be read, where that is so."""
    yield f"key {text_of(one.shown.key) or 'none'}"
    if one.shown.record is None:
        yield _fields(one.shown.note)
    else:
        yield from told


def _event(one: Sighting) -> Iterator[str]:
    yield _fields(one.record)


def _prediction(one: Sighting) -> Iterator[str]:
    said = one.record
    yield said["mode"] if said["mode"] == "rejected" else f"{said['mode']}: {_answer(said)}"
    if said["reasons"]:
        yield f"reasons {printable(', '.join(said['reasons']))}"
    yield _model(said)
    if said["ood"]:
        flagged = ", out of distribution" if said["ood"]["flagged"] else ""
        yield f"ood {said['ood']['score']:.4g} (1 is the threshold){flagged}"
    if said["segments"]:
        yield f"segments {_fields(said['segments'])}"
    yield f"event time {moment(said['event_time'])}, scored at {moment(said['scored_at'])}"
    yield f"answers {_position(said['source'])}"


def _outcome(one: Sighting) -> Iterator[str]:
    said = one.record
    yield f"{said['status']}: {_answer(said)}{_judged(said)}"
    yield _model(said)
    if said["labelled_at"] is not None:
        delay = span(said["delay_micros"] or 0)
        yield f"label of revision {said['revision']}, known at {moment(said['labelled_at'])}, {delay} after the event"
    yield f"joined at {moment(said['joined_at'])}"
    joined = [_position(said["prediction"]), *([_position(said["label_source"])] if said["label_source"] else [])]
    yield f"joins {' with '.join(joined)}"


def _letter(one: Sighting) -> Iterator[str]:
    note = one.shown.note
    if "redriven" in note:
        yield f"letter {printable(note['redriven'].replace('/', ':'))} was sent again then"
        return
    yield f"key {text_of(one.shown.key) or 'none'}"
    yield f"{printable(note.get('reason', 'no note'))}: {printable(note.get('message', ''))}"
    yield f"stood at {printable(note.get('topic', '?'))}[{note.get('partition', '?')}] offset {note.get('offset', '?')}"


def _answer(said: Mapping[str, Any]) -> str:
    figures = [f"{name} {said[name]:.6g}" for name in ("score", "estimate") if said[name] is not None]
    return ", ".join([f"decision {_value(said['decision'])}", *figures])


def _judged(said: Mapping[str, Any]) -> str:
    if said["label"] is None:
        return ""
    verdict = {True: ", which was right", False: ", which was wrong", None: ""}[said["correct"]]
    return f"; label {_value(said['label'])}{verdict}"


def _model(said: Mapping[str, Any]) -> str:
    digest = printable(said["bundle_digest"][:12])
    name = printable(f"{said['model']} {said['model_version']}")
    return f"model {name}, digest {digest}, {printable(said['arm'])}"


def _position(said: Mapping[str, Any]) -> str:
    return f"{printable(said['topic'])}[{said['partition']}] offset {said['offset']}"


def _fields(said: Mapping[str, Any]) -> str:
    return printable(" ".join(f"{name}={_named(name, value)}" for name, value in said.items()))


def _named(name: str, value: Any) -> str:
    """A field's value; one that we know to be a time as people write it."""
    return moment(value) if name in TIMES and isinstance(value, int) else _value(value)


def _value(value: Any) -> str:
    """As JSON spells it, text without quotes."""
    words = {True: "true", False: "false", None: "none"}
    return words[value] if value is None or isinstance(value, bool) else printable(str(value))
