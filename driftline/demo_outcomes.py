"""What has come of the demo's predictions so far, read from the outcomes topic as anybody could."""

from collections import Counter
from contextlib import suppress
from typing import Any

from driftline.books import Books
from schemas.records import RecordRefused, read_record
from stream.kafka.reading import committed_of
from stream.kafka.scan import edges, scan
from stream.records import Place

SEEN = ("event_id", "model_version", "arm", "status", "seq", "correct", "label")
Key = tuple[str, str, str]


class SoFar:
    """The current outcome of every prediction that has one; each look reads on from where the last one ended."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._at: dict[Place, int] = {}
        self._current: dict[Key, dict[str, Any]] = {}

    def look(self) -> int:
        """Read what has been committed since; how many records that were. Raises Stopped."""
        topic, books, count = self._books.topic("outcomes"), self._books, 0
        kept = edges(books.brokers, [topic], file=books.file)
        starts = {place: self._at.get(place, first) for place, (first, _) in kept.items()}
        ends = {place: end for place, (_, end) in kept.items()}
        for batch in scan(books.brokers, [topic], start=starts, end=ends, file=books.file):
            count += len(batch)
            for value in batch.values:
                with suppress(RecordRefused):
                    self.take(read_record("outcome", value or b"", fields=SEEN))
        self._at = ends
        return count

    def take(self, said: dict[str, Any]) -> None:
        """One more outcome: the highest seq of a prediction stands, the first of them."""
        key = (said["event_id"], said["model_version"], said["arm"])
        known = self._current.get(key)
        if said["seq"] >= 0 and (known is None or said["seq"] > known["seq"]):
            self._current[key] = said

    @property
    def answered(self) -> int:
        """How many predictions have an outcome."""
        return len(self._current)

    def words(self, predictions: int) -> str:
        """Outcomes by status, coverage of so many predictions and accuracy so far, in a line."""
        current = self._current.values()
        judged = [said["correct"] for said in current if said["correct"] is not None]
        labelled = sum(said["label"] is not None for said in current)
        counts = Counter(said["status"] for said in current)
        statuses = ", ".join(f"{status} {n}" for status, n in sorted(counts.items()))
        figures = [f"coverage {min(1.0, labelled / predictions):.1%}"] if predictions else []
        figures += [f"accuracy {sum(judged) / len(judged):.1%}"] if judged else []
        return "; ".join([statuses or "no outcome yet", *figures])


def is_drained(books: Books) -> bool:
    """Whether a group has read its inputs to their ends: behind a transaction's last record stands its marker."""
    kept = edges(books.brokers, books.inputs, file=books.file)
    stands = committed_of(books.brokers, books.reader, list(kept), file=books.file)
    return all(
        end - stands.get(place, first) <= (place.topic == books.topic("predictions"))
        for place, (first, end) in kept.items()
    )
