"""What the labeler takes of a batch: predictions and labels to join, marks, and what is set aside with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from schemas.columnar.label_columns import LabelColumns
from schemas.columnar.prediction_columns import PredictionColumns
from schemas.columns import FAULTS, fault
from schemas.frames import Headers
from schemas.prediction import MODES
from services.labeler.arrivals import Labels, Predictions
from services.labeler.kit import Kit
from services.labeler.words import Words
from stream.clocks import read_marks
from stream.partitioner import partitions_of
from stream.records import Batch, no_headers

BROKEN, MISROUTED = fault("bad_compression"), fault("misrouted")
REJECTED = MODES.index("rejected")
SHARES = 1 << 32
ELSEWHERE = (
    "murmur2 of its key gives partition {other}, not {partition}, where no prediction of that key can be: the producer "
    "lacks partitioner=murmur2_random; `driftline dlq redrive --rekey` sends it where it belongs"
)


@dataclass(frozen=True, kw_only=True)
class Read:
    """A batch as it was read: (n,) each row's event time or the time its mark says, its fault, whether it waits.

    `predicted`, `labelled` are the rows of each topic that can be read, in order, with their columns.
    """

    batch: Batch
    marks: NDArray[np.bool_]
    times: NDArray[np.int64]
    faults: NDArray[np.int16]
    details: dict[int, str]
    waiting: NDArray[np.bool_]
    predicted: NDArray[np.int64]
    labelled: NDArray[np.int64]
    predictions: PredictionColumns
    labels: LabelColumns


class Intake:
    """Decodes batches of both topics."""

    def __init__(self, kit: Kit, words: Words) -> None:
        self._kit, self._words = kit, words
        self._predictions, self._labels = kit.predictions(), kit.labels()
        self._share = round(kit.settings.join_share * SHARES)

    def read(self, batch: Batch, latest_micros: int) -> Read:
        """Decode a batch; a mark may say no later time than `latest_micros`."""
        n = len(batch)
        marks, times = read_marks(batch, latest_micros)
        faults, waiting, details = np.zeros(n, np.int16), np.zeros(n, np.bool_), dict[int, str]()
        from_predictions = np.zeros(n, np.bool_)
        for place, own in batch.places:
            from_predictions[own] = place.topic == self._kit.topics.predictions
        rows = [np.flatnonzero(own & ~marks) for own in (from_predictions, ~from_predictions)]
        predictions = self._predictions.read(*_values(batch, rows[0]))
        labels = self._labels.read(*_values(batch, rows[1]))
        for at, found in ((rows[0], predictions), (rows[1], labels)):
            faults[at], waiting[at], times[at] = found.faults, found.waiting, found.times
            details |= {int(at[row]): text for row, text in found.details.items()}
        for row, why in batch.broken.items():
            faults[row], details[row] = BROKEN, why
        self._judge_keys(batch, rows[1], faults, details)
        return Read(
            batch=batch,
            marks=marks,
            times=times,
            faults=faults,
            details=details,
            waiting=waiting,
            predicted=rows[0],
            labelled=rows[1],
            predictions=predictions,
            labels=labels,
        )

    def _judge_keys(
        self, batch: Batch, at: NDArray[np.int64], faults: NDArray[np.int16], details: dict[int, str]
    ) -> None:
        """A label must lie where its key puts it, or no prediction can meet it."""
        if self._kit.partitions == 1 or not len(at):
            return
        belongs = partitions_of([batch.keys[row] for row in at.tolist()], self._kit.partitions)
        lost = (belongs != batch.partitions[at]) & (faults[at] == 0)
        for row, where in zip(at[lost].tolist(), belongs[lost].tolist(), strict=True):
            other = "of its choice" if where < 0 else str(where)
            faults[row] = MISROUTED
            details[row] = ELSEWHERE.format(other=other, partition=int(batch.partitions[row]))

    def predictions(self, read: Read, reached: NDArray[np.int64]) -> Predictions:
        """The predictions to join: those that were answered, of the share that is joined."""
        said = read.predictions
        good = (read.faults[read.predicted] == 0) & (said.modes != REJECTED) & self._joined(said.ids)
        own, batch = _by_pair(good, read.predicted, read.batch), read.batch
        rows = read.predicted[own]
        return Predictions(
            ids=[said.ids[row] for row in own.tolist()],
            keys=[batch.keys[row] for row in rows.tolist()],
            partitions=batch.partitions[rows],
            offsets=batch.offsets[rows],
            reached=reached[rows],
            times=said.times[own],
            modes=said.modes[own],
            scores=said.scores[own],
            estimates=said.estimates[own],
            decisions=said.decisions[own],
            words=self._words.names(said.word_sets, said.words[own]),
            segments=self._words.names(said.segment_sets, said.segments[own]),
            sources=said.sources[own],
        )

    def labels(self, read: Read, reached: NDArray[np.int64]) -> tuple[Labels, NDArray[np.int64]]:
        """The labels to join, with their rows in the batch."""
        said = read.labels
        good = (read.faults[read.labelled] == 0) & self._joined(said.ids)
        own, batch = _by_pair(good, read.labelled, read.batch), read.batch
        rows = read.labelled[own]
        labels = Labels(
            ids=[said.ids[row] for row in own.tolist()],
            keys=[batch.keys[row] for row in rows.tolist()],
            partitions=batch.partitions[rows],
            offsets=batch.offsets[rows],
            reached=reached[rows],
            at=said.times[own],
            values=said.values[own],
            revisions=said.revisions[own],
        )
        return labels, rows

    def _joined(self, ids: Sequence[bytes]) -> NDArray[np.bool_]:
        """Which ids are of the share that is joined, the same for a prediction and its label."""
        if self._share >= SHARES:
            return np.ones(len(ids), np.bool_)
        return np.fromiter((crc32(one) < self._share for one in ids), np.bool_, len(ids))


def _by_pair(good: NDArray[np.bool_], rows: NDArray[np.int64], batch: Batch) -> NDArray[np.int64]:
    """Which of a topic's `rows` are `good`, those of a pair together: the join takes them a pair at once."""
    own = np.flatnonzero(good)
    return own[np.argsort(batch.partitions[rows[own]], kind="stable")]


def _values(batch: Batch, at: NDArray[np.int64]) -> tuple[list[bytes | None], Headers]:
    rows = at.tolist()
    headers = None if batch.headers is no_headers else lambda row: batch.headers(rows[row])
    return [batch.values[row] for row in rows], headers


def reasons_of(read: Read, rows: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Why each of these rows is set aside, with what more is known of it."""
    return {row: (FAULTS[read.faults[row]], read.details.get(row, "")) for row in rows}
