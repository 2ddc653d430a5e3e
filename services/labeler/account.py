"""The account of the open transaction: what became of each record, what was joined, on its way into the profile."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.joined import joined_slice, joined_values
from schemas.outcome import STATUSES as PUBLISHED
from schemas.outcome import OutcomeBatch, encode
from schemas.prediction import MODES
from schemas.profile import Head, Slice, grouped
from services.labeler.caused import Joined
from services.labeler.core import STATUSES
from services.labeler.kit import Kit
from services.labeler.slices import slices
from services.labeler.tables import SIXTEENTHS, Rows, together
from services.labeler.words import Words
from stream.accounts import Counts
from stream.records import Writes

SCORED = MODES.index("scored")
STATUS_CODES = np.array([PUBLISHED.index(one) if one in PUBLISHED else -1 for one in STATUSES])


class Account(Counts):
    """Counts a partition, results of labels, outcomes joined; forgotten when the transaction ends."""

    def __init__(self, kit: Kit, words: Words) -> None:
        self._kit, self._words = kit, words
        self._sequence = 0
        self._versions: dict[tuple[str, str, str], int] = {}
        super().__init__()

    def forget(self) -> None:
        """Begin anew."""
        super().forget()
        self._rows: list[Rows] = []
        self._reasons: Counter[str] = Counter()
        self._results: Counter[str] = Counter()

    def reasons(self, counts: Mapping[str, int]) -> None:
        """So many records were set aside for each of these reasons."""
        self._reasons.update(counts)

    def results(self, counts: Mapping[str, int]) -> None:
        """So many labels had each of these results."""
        self._results.update(counts)

    def outcomes(self, joined: Joined, frame: bytes) -> Writes:
        """The outcomes as records; what they say goes into the tables too."""
        kit, seats, labels = self._kit, joined.seats, joined.labels
        word_sets, words = self._words.distinct(seats["words"])
        segment_sets, segments = self._words.distinct(seats["segments"])
        times = seats["time"].astype(np.int64)
        buckets = times - times % kit.contract.bucket_micros
        self._rows.append(self._tabled(joined, buckets, (word_sets, words), (segment_sets, segments)))
        batch = OutcomeBatch(
            ids=joined.ids,
            times=times,
            buckets=buckets,
            modes=seats["mode"].astype(np.int64),
            scores=seats["score"],
            estimates=seats["estimate"],
            decisions=seats["decision"].astype(np.int64),
            decision_names=kit.classes,
            statuses=STATUS_CODES[seats["status"]],
            seqs=seats["seq"].astype(np.int64),
            task=kit.contract.task,
            labels=labels["value"],
            label_names=kit.contract.outputs.classes,
            labelled_at=labels["at"].astype(np.int64),
            revisions=labels["revision"].astype(np.int64),
            joined_at=time.time_ns() // 1000,
            model=kit.contract.model,
            words=words,
            word_sets=word_sets,
            segments=segments,
            segment_sets=segment_sets,
            predictions_topic=kit.topics.predictions,
            labels_topic=kit.topics.labels,
            partitions=joined.partitions,
            offsets=seats["offset"].astype(np.int64),
            sources=seats["source"].astype(np.int64),
            label_offsets=labels["offset"].astype(np.int64),
        )
        values = encode(batch, frame)
        partitions = joined.partitions.tolist()
        return Writes(topic=kit.topics.outcomes, values=values, keys=joined.keys, partitions=partitions)

    def _tabled(
        self,
        joined: Joined,
        buckets: NDArray[np.int64],
        words: tuple[list[Any], NDArray[np.int64]],
        segments: tuple[list[Any], NDArray[np.int64]],
    ) -> Rows:
        kit, seats, labels = self._kit, joined.seats, joined.labels
        baseline = kit.bundle.baseline
        versions = [self._versions.setdefault(tuple(one[:3]), len(self._versions)) for one in words[0]]
        coded = [self._coded(dict(said)) for said in segments[0]]
        is_number = kit.contract.task == "regression"

        def bins(values: NDArray[np.float64]) -> NDArray[np.int64]:
            known = np.nan_to_num(values)
            return baseline.score_bins(known).astype(np.int64) if is_number else known.astype(np.int64)

        return Rows(
            buckets=buckets,
            sixteenths=(seats["time"] - buckets) * SIXTEENTHS // kit.contract.bucket_micros,
            words=np.array(versions, np.int64)[words[1]] if versions else words[1],
            segments=np.array(coded, np.int64).reshape(len(coded), len(kit.segments))[segments[1]],
            statuses=seats["status"].astype(np.int64),
            score_bins=baseline.score_bins(np.nan_to_num(seats["score"])).astype(np.int64),
            scores=seats["score"],
            decisions=seats["decision"].astype(np.int64),
            estimates=seats["estimate"],
            labels=labels["value"],
            label_bins=bins(labels["value"]),
            before=joined.before["value"],
            before_bins=bins(joined.before["value"]),
            delays=labels["at"].astype(np.int64) - seats["time"],
            excluded=seats["mode"] != SCORED,
            first=seats["seq"] == 0,
        )

    def _coded(self, said: Mapping[str, str]) -> list[int]:
        """The code of each segment field's value."""
        fields = zip(self._kit.contract.segments, self._kit.segments, strict=True)
        return [values.get(said.get(name, ""), len(values)) for name, values in fields]

    def profile(self, ranges: Sequence[Mapping[str, Any]], frame: bytes) -> tuple[Writes, list[Slice]]:
        """The transaction's profile in as many parts as it needs, with its slices."""
        kit = self._kit
        pieces = list(slices(together(self._rows), kit.naming(list(self._versions)))) if self._rows else []
        groups = grouped(map(joined_slice, pieces), kit.settings.profile_bytes, len)
        first = {"ranges": ranges, "reasons": self._reasons, "results": self._results}
        said = {"sequence": self._sequence, "written_at": time.time_ns() // 1000}
        values = joined_values(self._head(), first, groups, frame, **said)
        self._sequence += 1
        keys: list[bytes | None] = [kit.writer.encode()] * len(values)
        return Writes(topic=kit.topics.profiles, values=values, keys=keys, partitions=[0] * len(values)), pieces

    def _head(self) -> Head:
        kit = self._kit
        return Head(
            role="labeler",
            group=kit.topics.group,
            arm="",
            writer=kit.writer,
            session=kit.session_name,
            model=kit.contract.model,
            bucket_micros=kit.contract.bucket_micros,
        )
