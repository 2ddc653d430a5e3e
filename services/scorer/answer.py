"""What the scorer says of each readable row: who answered it, what, how sure, with which reasons."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.decide import headline
from schemas.columns import Columns
from services.scorer.core import Verdicts
from services.scorer.kit import Kit
from services.scorer.reasons import Reasons
from services.scorer.serving.causes import CAUSES
from services.scorer.serving.chain import REJECTED, Served

Judged = tuple[NDArray[np.float64], NDArray[np.bool_]]
"""How strange each row is, and whether it is flagged, both (n,)."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """n readable rows: `rows` their places in the batch; the rest (n,) with NaN or -1 where nobody answered.

    `class_scores` is (n, k), None where there are no classes; `segments` (n, S); `ood` NaN where nobody judged;
    `raw` (n, F) the features as they came.
    """

    rows: NDArray[np.int64]
    ids: list[bytes]
    times: NDArray[np.int64]
    buckets: NDArray[np.int64]
    modes: NDArray[np.int8]
    reasons: Reasons
    segments: NDArray[np.int32]
    scores: NDArray[np.float64]
    class_scores: NDArray[np.float64] | None
    decisions: NDArray[np.int64]
    estimates: NDArray[np.float64]
    ood: NDArray[np.float64]
    flagged: NDArray[np.bool_]
    raw: NDArray[np.float32]

    def take(self, rows: NDArray[np.int64]) -> "Answer":
        """The answers to some of the rows; this one itself when that is all of them."""
        if len(rows) == len(self.rows):
            return self
        columns = {one.name: getattr(self, one.name) for one in fields(self)}
        cut = {name: one[rows] for name, one in columns.items() if isinstance(one, np.ndarray)}
        ids = [self.ids[row] for row in rows.tolist()]
        return Answer(**columns | cut | {"ids": ids, "reasons": self.reasons.take(rows)})


def answered(
    kit: Kit, *, rows: NDArray[np.int64], columns: Columns, verdicts: Verdicts, served: Served, judged: Judged | None
) -> Answer:
    """Spread what was `served` and `judged` of the rows that keep the contract over all readable ones, at `rows`."""
    good = ~verdicts.rejected
    n = len(rows)
    scores = _spread(served.scores, good, np.nan)
    causes = _spread(served.causes, good, 0)
    ood, flagged = np.full(n, np.nan), np.zeros(n, np.bool_)
    if judged is not None:
        strange, beyond = judged
        ood, flagged = _spread(strange, good, np.nan), _spread(beyond, good, False)  # noqa: FBT003 - of a row not judged
    return Answer(
        rows=rows,
        ids=columns.ids,
        times=columns.times,
        buckets=columns.times - columns.times % kit.contract.bucket_micros,
        modes=_spread(served.modes, good, REJECTED),
        reasons=Reasons(verdicts.reasons, verdicts.reason_sets).also(causes, CAUSES),
        segments=kit.segment_codes(verdicts.matrix),
        scores=headline(scores),
        class_scores=scores if scores.shape[1] > 1 else None,
        decisions=_spread(served.decisions, good, -1),
        estimates=_spread(served.estimates, good, np.nan),
        ood=ood,
        flagged=flagged,
        raw=verdicts.raw,
    )


def _spread(found: NDArray[Any], good: NDArray[np.bool_], otherwise: float) -> NDArray[Any]:
    """The values of the `good` rows in their places, `otherwise` in all others."""
    if good.all():
        return found
    whole = np.full((len(good), *found.shape[1:]), otherwise, found.dtype)
    whole[good] = found
    return whole
