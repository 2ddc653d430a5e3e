"""A record of one of our topics, decoded for a person or a machine to read."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from schemas.framing import frame, framed_id, guid_of, guid_text, header_reference
from schemas.records import RecordRefused, read_any, read_record
from schemas.source import DirectorySource
from stream.records import Batch, Headers

CONTRACTS = {
    "predictions": "prediction",
    "profiles": "profile",
    "labels": "label",
    "outcomes": "outcome",
    "alerts": "alert",
}
TIMES = (
    *("event_time", "bucket", "scored_at", "labelled_at", "written_at", "watermark", "joined_at"),
    *("opened_at", "updated_at", "resolved_at", "start", "end"),
)
UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One record, decoded."""

    partition: int
    offset: int
    timestamp_millis: int
    key: bytes | None
    record: Mapping[str, Any] | None
    note: Mapping[str, str]

    def as_json(self) -> str:
        """One line of JSON."""
        return json.dumps(self.as_data(), default=str, allow_nan=False)

    def as_data(self) -> dict[str, Any]:
        """What JSON can hold of it."""
        said = {
            "partition": self.partition,
            "offset": self.offset,
            "timestamp": moment(self.timestamp_millis * 1000),
            "key": text_of(self.key),
            "record": self.record,
            **({"note": self.note} if self.note else {}),
        }
        return {name: _finite(value) for name, value in said.items()}

    def as_line(self) -> str:
        """One line for people."""
        body = " ".join(f"{name}={_short(name, value)}" for name, value in {**(self.record or {}), **self.note}.items())
        return f"{self.partition}:{self.offset} {text_of(self.key)} {printable(body)}"


def decoded(batch: Batch, kind: str, source: DirectorySource | None) -> Iterator[Shown]:
    """The records of a batch; one that cannot be read is shown as what it is."""
    for row in range(len(batch)):
        record, note = _decode(batch.values[row], kind, source, batch.headers(row))
        headers = {name: text_of(value) or "" for name, value in batch.headers(row) or ()}
        said = {
            name.removeprefix("dlq.error."): text for name, text in headers.items() if name.startswith("dlq.error.")
        }
        mark = {"watermark": headers["driftline-watermark"]} if "driftline-watermark" in headers else {}
        if kind == "dlq" and not said and "dlq.redriven" in headers:
            mark = {"redriven": headers["dlq.redriven"]}
        yield Shown(
            partition=int(batch.partitions[row]),
            offset=int(batch.offsets[row]),
            timestamp_millis=int(batch.timestamps[row]),
            key=batch.keys[row],
            record=record,
            note={**said, **mark, **note},
        )


Decoded = tuple[Mapping[str, Any] | None, dict[str, str]]


def _decode(value: bytes | None, kind: str, source: DirectorySource | None, headers: Headers | None) -> Decoded:
    if value is None:
        return None, {}
    if kind == "dlq":
        return None, {"bytes": str(len(value)), "value": value[:40].hex()}
    try:
        if kind == "features":
            return _feature(value, source, header_reference(headers))
        written = None if source is None else source.by_id(framed_id(value) or -1)
        return read_record(CONTRACTS[kind], value, written), {}
    except RecordRefused as refused:
        return None, {"unreadable": str(refused)}


def _feature(value: bytes, source: DirectorySource | None, named: bytes | None) -> Decoded:
    """A user's own record: by the schema that its header or its first bytes name, else as JSON."""
    framed = value if named is None else (named if framed_id(named) is not None else frame(0)) + value
    guid = None if named is None else guid_of(named)
    if named is None and value[:1] == b"{":
        try:
            return dict(json.loads(value)), {}
        except (ValueError, RecursionError):
            return None, {"unreadable": "not JSON"}
    number = framed_id(framed)
    if number is None:
        return None, {"unreadable": "neither framed nor JSON", "value": value[:40].hex()}
    written = None if source is None else source.by_id(number) if guid is None else source.by_guid(guid)
    if written is None:
        name = number if guid is None else guid_text(guid)
        return None, {"unreadable": f"schema {name} is not known here", "value": value[:40].hex()}
    return read_any(framed, written), {}


def text_of(data: bytes | None) -> str | None:
    """Bytes as text that cannot upset a terminal."""
    return None if data is None else printable(data.decode("utf-8", "backslashreplace"))


def printable(text: str) -> str:
    r"""Text with escapes in place of what a terminal would act upon.

    >>> printable("a\x1b[2Jb")
    'a\\x1b[2Jb'
    """
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def _finite(value: Any) -> Any:
    """JSON knows no NaN and no infinity: they become text."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {name: _finite(one) for name, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, list) else value


def moment(at_micros: int) -> str:
    """A time in microseconds, as people write it."""
    try:
        return datetime.fromtimestamp(at_micros / 1e6, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):
        return str(at_micros)


def span(micros: int) -> str:
    """A time between two moments, in its two largest units.

    >>> span(5_400_000_000), span(-250_000)
    ('1 h 30 min', '-0.25 s')
    """
    seconds, sign = abs(micros) / 1e6, "-" if micros < 0 else ""
    parts: list[str] = []
    for length, unit in UNITS:
        if seconds >= length and unit != "s":
            parts = [*parts, f"{seconds // length:.0f} {unit}"]
            seconds %= length
    whole = [*parts, f"{seconds:.6g} s"] if seconds or not parts else parts
    return sign + " ".join(whole[:2])


def _short(name: str, value: Any) -> str:
    if name in TIMES and isinstance(value, int):
        return moment(value)
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return f"[{len(value)}]"
    if isinstance(value, dict):
        return json.dumps(value, default=str, separators=(",", ":"))
    return str(value)
