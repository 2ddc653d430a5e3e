"""What the scorer says of each readable row, with its form on the wire."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.decide import classes, headline
from schemas.columns import Columns
from schemas.prediction import MODES, PredictionBatch, encode
from services.scorer.clocks import MARK_HEADER, header_of
from services.scorer.core import Verdicts
from services.scorer.kit import Kit
from stream.records import Batch, Headers, Writes

TYPE = b"driftline.prediction.v1"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """n readable rows: `rows` their places in the batch; the rest (n,) with NaN or -1 where the row was refused."""

    rows: NDArray[np.int64]
    ids: list[bytes]
    times: NDArray[np.int64]
    buckets: NDArray[np.int64]
    verdicts: Verdicts
    segments: NDArray[np.int32]
    scores: NDArray[np.float64]
    class_scores: NDArray[np.float64] | None
    decisions: NDArray[np.int64]
    estimates: NDArray[np.float64]


def answered(
    *,
    rows: NDArray[np.int64],
    columns: Columns,
    buckets: NDArray[np.int64],
    verdicts: Verdicts,
    segments: NDArray[np.int32],
    scores: NDArray[np.float64],
    decisions: NDArray[np.int64],
    estimates: NDArray[np.float64],
) -> Answer:
    """Spread what the model said of the rows that hold over all readable rows; `scores` is (held, k)."""
    good = ~verdicts.rejected
    n = len(rows)
    wide = np.full((n, scores.shape[1]), np.nan)
    wide[good] = scores
    head, said, sure = np.full(n, np.nan), np.full(n, -1, np.int64), np.full(n, np.nan)
    head[good], said[good], sure[good] = headline(scores), decisions, estimates
    return Answer(
        rows=rows,
        ids=columns.ids,
        times=columns.times,
        buckets=buckets,
        verdicts=verdicts,
        segments=segments,
        scores=head,
        class_scores=wide if scores.shape[1] > 1 else None,
        decisions=said,
        estimates=sure,
    )


def predictions(kit: Kit, batch: Batch, answer: Answer, marks: NDArray[np.bool_]) -> Writes:
    """Predictions with the watermark marks between them, in the order of the input."""
    values, headers = _encoded(kit, batch, answer, scored_at=time.time_ns() // 1000)
    order = answer.rows
    if marks.any():
        marked = np.flatnonzero(marks)
        values += [None] * len(marked)
        headers += [[(MARK_HEADER, header_of(batch, row, MARK_HEADER))] for row in marked.tolist()]
        order = np.concatenate([answer.rows, marked])
        turn = np.argsort(order, kind="stable")
        order, values, headers = order[turn], [values[i] for i in turn], [headers[i] for i in turn]
    return Writes(
        topic=kit.topics.predictions,
        values=values,
        keys=[batch.keys[row] for row in order.tolist()],
        partitions=batch.partitions[order].tolist(),
        headers=headers,
    )


def _encoded(
    kit: Kit, batch: Batch, answer: Answer, *, scored_at: int
) -> tuple[list[bytes | None], list[Headers | None]]:
    """The predictions as they go on the wire, each with its headers (none without CloudEvents)."""
    offsets = batch.offsets[answer.rows]
    partitions = batch.partitions[answer.rows]
    codes, which = np.unique(answer.segments, axis=0, return_inverse=True)
    names = kit.contract.segments
    segment_sets = tuple(
        tuple((name, kit.segment_values[s][code]) for s, (name, code) in enumerate(zip(names, row, strict=True)))
        for row in codes.tolist()
    )
    nothing = np.full(len(answer.rows), np.nan)
    values = encode(
        PredictionBatch(
            ids=answer.ids,
            times=answer.times,
            buckets=answer.buckets,
            scored_at=scored_at,
            model=kit.contract.model,
            model_version=kit.contract.version,
            bundle_digest=kit.bundle.digest,
            arm=kit.settings.arm,
            topic=kit.topics.features,
            modes=np.where(answer.verdicts.rejected, MODES.index("rejected"), MODES.index("scored")).astype(np.int8),
            scores=answer.scores,
            class_scores=answer.class_scores,
            decisions=answer.decisions,
            decision_names=classes(kit.contract),
            estimates=answer.estimates,
            reasons=answer.verdicts.reasons,
            reason_sets=answer.verdicts.reason_sets,
            ood=nothing,
            ood_flags=np.zeros(len(answer.rows), bool),
            segments=which.reshape(-1).astype(np.int32),
            segment_sets=segment_sets or ((),),
            partitions=partitions,
            offsets=offsets,
        ),
        kit.prediction_frame,
    )
    if not kit.settings.cloudevents:
        return list(values), [None] * len(values)
    return list(values), _cloudevents(kit, partitions.tolist(), offsets.tolist(), scored_at)


def _cloudevents(kit: Kit, partitions: list[int], offsets: list[int], scored_at: int) -> list[Headers | None]:
    """CloudEvents 1.0 binary mode; the id names model, version, input position, so that it is the same on replay."""
    stem = f"{kit.contract.model}/{kit.contract.version}/{kit.settings.arm}/{kit.topics.features}"
    moment = datetime.fromtimestamp(scored_at / 1e6, UTC).isoformat(timespec="milliseconds")
    fixed: list[Any] = [
        ("ce_specversion", b"1.0"),
        ("ce_type", TYPE),
        ("ce_source", f"/driftline/scorer/{kit.contract.model}".encode()),
        ("ce_time", moment.replace("+00:00", "Z").encode()),
        ("content-type", b"application/avro"),
    ]
    return [
        [("ce_id", f"{stem}/{partition}/{offset}".encode()), *fixed]
        for partition, offset in zip(partitions, offsets, strict=True)
    ]
