"""How the notifier reads the alerts topic: one record at a time, or all that is kept."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from schemas.framing import framed_id
from schemas.records import RecordRefused, read_record
from schemas.source import SchemaSource
from stream.kafka.scan import edges, scan
from stream.records import Place

Record = Mapping[str, Any]


def read_alert(value: bytes | None, source: SchemaSource | None) -> Record | None:
    """The alert that a value holds; None for a deletion. `source` knows writers newer than this reader, if given.

    Raises RecordRefused, SourceUnavailable.
    """
    if value is None:
        return None
    number = framed_id(value)
    written = None if source is None or number is None else source.by_id(number)
    return read_record("alert", value, written)


class Log:
    """The alerts topic as it is kept: read outside of any group, committed records only."""

    def __init__(
        self, brokers: str, topic: str, *, source: SchemaSource | None = None, file: Path | None = None
    ) -> None:
        self._brokers, self._topic, self._source, self._file = brokers, topic, source, file

    def recall(self) -> tuple[list[Record], dict[int, int]]:
        """The latest record of each alert, in the order of these, with the offset that each partition was read to.

        What cannot be read is left out: it is counted when it comes by the group. Raises Stopped, SourceUnavailable.
        """
        ends = {place: end for place, (_, end) in edges(self._brokers, [self._topic], file=self._file).items()}
        kept: dict[str, Record] = {}
        for record in self._records(ends):
            kept.pop(record["alert_id"], None)
            kept[record["alert_id"]] = record
        return list(kept.values()), {place.partition: end for place, end in ends.items()}

    def _records(self, ends: Mapping[Place, int]) -> Iterator[Record]:
        for batch in scan(self._brokers, [self._topic], end=ends, file=self._file):
            for value in batch.values:
                try:
                    record = read_alert(value, self._source)
                except RecordRefused:
                    continue
                if record is not None:
                    yield record

    def unheard(self, heard: Mapping[int, int]) -> bool:
        """Whether records lie behind the offsets `heard`, by partition. Raises Stopped."""
        found = edges(self._brokers, [self._topic], file=self._file)
        ends = {place: end for place, (_, end) in found.items()}
        starts = {place: max(first, heard.get(place.partition, first)) for place, (first, _) in found.items()}
        some = scan(self._brokers, [self._topic], start=starts, end=ends, file=self._file)
        return any(len(batch) for batch in some)
