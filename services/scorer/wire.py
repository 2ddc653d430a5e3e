"""The answers as predictions on the wire, with the watermark marks between them."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import compiled
from models.bundle import Bundle
from models.decide import classes
from schemas.prediction import PredictionBatch, encode
from schemas.prediction_ids import id_stem
from services.scorer.answer import Answer
from services.scorer.kit import Kit
from services.scorer.serving.chain import FALLBACK
from stream.clocks import MARK_HEADER, header_of
from stream.records import Batch, Headers, Writes
from stream.tracing.spans import Spans

TYPE = b"driftline.prediction.v1"
LARGEST = 2**63


def predictions(kit: Kit, batch: Batch, answer: Answer, marks: NDArray[np.bool_]) -> Writes:
    """Predictions with the watermark marks between them, in the order of the input."""
    values: list[bytes | None] = []
    headers: list[Headers | None] = []
    orders = []
    scored_at = time.time_ns() // 1000
    for bundle, which in _by_bundle(kit, answer):
        part = answer.take(which)
        values += _encoded(kit, bundle, batch, part, scored_at=scored_at)
        headers += _cloudevents(kit, bundle, batch, part.rows, scored_at=scored_at)
        orders.append(part.rows)
    marked = np.flatnonzero(marks)
    values += [None] * len(marked)
    headers += [[(MARK_HEADER, header_of(batch, row, MARK_HEADER))] for row in marked.tolist()]
    order = np.concatenate([*orders, marked])
    if len(orders) + bool(len(marked)) > 1:
        turn = np.argsort(order, kind="stable")
        order, values, headers = order[turn], [values[i] for i in turn], [headers[i] for i in turn]
    if kit.spans is not None:
        _carry_on(kit, kit.spans, batch, order, headers)
    return Writes(
        topic=kit.topics.predictions,
        values=values,
        keys=batch.keys if len(order) == len(batch) else [batch.keys[row] for row in order.tolist()],
        partitions=batch.partitions[order].tolist(),
        headers=headers if any(headers) else None,
    )


def _carry_on(kit: Kit, spans: Spans, batch: Batch, rows: NDArray[np.int64], headers: list[Headers | None]) -> None:
    """Let the predictions of events that carry a trace carry it too."""
    found = spans.carried(kit.topics.features, batch.partitions[rows], batch.offsets[rows])
    for at, event in found.items():
        headers[at] = [*(headers[at] or ()), *spans.created(kit.topics.predictions, event)]


def _by_bundle(kit: Kit, answer: Answer) -> list[tuple[Bundle, NDArray[np.int64]]]:
    """Whose version and digest each row's prediction names: the fallback's where the fallback answered."""
    fallback = kit.chain.fallback
    by_fallback = answer.modes == FALLBACK
    if fallback is None or not by_fallback.any():
        return [(kit.bundle, np.arange(len(answer.rows)))]
    groups = [(kit.bundle, np.flatnonzero(~by_fallback)), (fallback.bundle, np.flatnonzero(by_fallback))]
    return [(bundle, rows) for bundle, rows in groups if len(rows)]


def _encoded(kit: Kit, bundle: Bundle, batch: Batch, answer: Answer, *, scored_at: int) -> list[bytes]:
    segments, segment_sets = _segments(kit, answer)
    return encode(
        PredictionBatch(
            ids=answer.ids,
            times=answer.times,
            buckets=answer.buckets,
            scored_at=scored_at,
            model=bundle.contract.model,
            model_version=bundle.contract.version,
            bundle_digest=bundle.digest,
            arm=kit.settings.arm,
            topic=kit.topics.features,
            modes=answer.modes,
            scores=answer.scores,
            class_scores=answer.class_scores,
            decisions=answer.decisions,
            decision_names=classes(kit.contract),
            estimates=answer.estimates,
            reasons=answer.reasons.places,
            reason_sets=answer.reasons.sets,
            ood=answer.ood,
            ood_flags=answer.flagged,
            segments=segments,
            segment_sets=segment_sets,
            partitions=batch.partitions[answer.rows],
            offsets=batch.offsets[answer.rows],
        ),
        kit.prediction_frame,
    )


def _segments(kit: Kit, answer: Answer) -> tuple[NDArray[np.int32], tuple[tuple[tuple[str, str], ...], ...]]:
    """Each row's place, (n,), among the segments that occur."""
    names = kit.contract.segments
    if not names or not len(answer.segments):
        return np.zeros(len(answer.segments), np.int32), ((),)
    numbers = numbered(answer.segments, [len(values) for values in kit.segment_values])
    _, first, which = np.unique(numbers, return_index=True, return_inverse=True)
    sets = tuple(
        tuple((name, kit.segment_values[s][code]) for s, (name, code) in enumerate(zip(names, row, strict=True)))
        for row in answer.segments[first].tolist()
    )
    return which.reshape(-1).astype(np.int32), sets


def numbered(codes: NDArray[np.int32], sizes: Sequence[int]) -> NDArray[np.int64]:
    """Each row of codes (n, S), those of a column below its size, as one number, (n,); equal rows alone have the same.

    Sorting whole rows takes ten times as long as sorting numbers.
    """
    numbers, most = np.zeros(len(codes), np.int64), 1
    for column, size in enumerate(sizes):
        if most * size > LARGEST:
            _, numbers = np.unique(numbers, return_inverse=True)
            most = len(codes)
        numbers = numbers * size + codes[:, column]
        most *= size
    return numbers


def _cloudevents(
    kit: Kit, bundle: Bundle, batch: Batch, rows: NDArray[np.int64], *, scored_at: int
) -> list[Headers | None]:
    """CloudEvents 1.0 binary mode; the id is the prediction's own, the same on replay."""
    if not kit.settings.cloudevents:
        return [None] * len(rows)
    moment = datetime.fromtimestamp(scored_at / 1e6, UTC).isoformat(timespec="milliseconds")
    fixed = (
        ("ce_specversion", b"1.0"),
        ("ce_type", TYPE),
        ("ce_source", f"/driftline/scorer/{bundle.contract.model}".encode()),
        ("ce_time", moment.replace("+00:00", "Z").encode()),
        ("content-type", b"application/avro"),
    )
    stem = id_stem(bundle.contract.model, bundle.contract.version, kit.settings.arm, kit.topics.features).encode()
    partitions, offsets = batch.partitions[rows].astype(np.int64), batch.offsets[rows]
    if compiled is not None:
        return compiled.cloudevents("ce_id", stem + b"/", partitions, offsets, fixed)  # type: ignore[no-any-return]  # lists
    places = zip(partitions.tolist(), offsets.tolist(), strict=True)
    return [[("ce_id", b"%b/%d/%d" % (stem, *place)), *fixed] for place in places]
