"""How good the model is on its own reference, in the usual numbers."""

import numpy as np
from numpy.typing import NDArray

from models.contract import Contract
from models.decide import decide, headline


def quality(scores: NDArray[np.float64], labels: NDArray[np.float64], contract: Contract) -> dict[str, float]:
    """Metrics of labelled rows by name: `scores` (n, k), `labels` (n,).

    Binary: auc, log_loss, brier; multiclass: accuracy; regression: mae; each with `reference_` before it.
    """
    from sklearn import metrics  # noqa: PLC0415 - seconds that only labels are worth

    top = headline(scores)
    if contract.task == "binary":
        found = {
            "auc": metrics.roc_auc_score(labels, top),
            "log_loss": metrics.log_loss(labels, top, labels=[0.0, 1.0]),
            "brier": metrics.brier_score_loss(labels, top),
        }
    elif contract.task == "multiclass":
        found = {"accuracy": metrics.accuracy_score(labels, decide(scores, contract))}
    else:
        found = {"mae": metrics.mean_absolute_error(labels, top)}
    return {f"reference_{name}": float(value) for name, value in found.items()}
