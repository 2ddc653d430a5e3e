"""`python nannyml_estimates.py FILE`: what NannyML estimates of two of its data sets, chunk by chunk, as JSON.

It runs in a virtual environment of its own (requirements/nannyml.txt) and imports nothing of ours.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nannyml
import numpy as np
from nannyml.performance_estimation.confidence_based import cbpe as inside

CHUNK = 5_000
FIGURES = ("accuracy", "precision", "recall", "f1")
CELLS = ("true_negative", "false_negative", "false_positive", "true_positive")
"""Decided no, truly no; decided no, truly yes; and so on."""
CLASSES = ("prepaid_card", "highstreet_card", "upmarket_card")
MEASURED = {"metrics": [*FIGURES, "confusion_matrix"], "chunk_size": CHUNK}


def main(where: str) -> None:
    """Calibrated chances, decisions and estimates of every chunk of the analysis rows."""
    sets = {"US Census, binary": list(census()), "synthetic, three classes": list(cards())}
    Path(where).write_text(json.dumps({"nannyml": nannyml.__version__, "sets": sets}), encoding="utf-8")


def census() -> Iterator[dict[str, Any]]:
    """Who is employed in Massachusetts."""
    reference, analysis, _ = nannyml.load_us_census_ma_employment_data()
    cbpe = nannyml.CBPE(
        problem_type="classification_binary", y_pred_proba="predicted_probability", y_pred="prediction",
        y_true="employed", **MEASURED,
    )  # fmt: skip
    cbpe.fit(reference)
    said = cbpe.estimate(analysis).filter(period="analysis").to_df()
    chances = np.asarray(cbpe.calibrator.calibrate(analysis["predicted_probability"].to_numpy()), dtype=float)
    yield from _chunks(said, chances, analysis["prediction"].to_numpy().astype(int), CELLS)


def cards() -> Iterator[dict[str, Any]]:
    """Which of three cards a customer is offered."""
    reference, analysis, _ = nannyml.load_synthetic_multiclass_classification_dataset()
    columns = {one: f"y_pred_proba_{one}" for one in CLASSES}
    cbpe = nannyml.CBPE(
        problem_type="classification_multiclass", y_pred_proba=columns, y_pred="y_pred", y_true="y_true", **MEASURED
    )
    cbpe.fit(reference)
    said = cbpe.estimate(analysis).filter(period="analysis").to_df()
    # The chances that it reckons with: one curve a class, then made to add up to 1.
    calibrated = inside._calibrate_predicted_probabilities(  # noqa: SLF001 - it gives them out nowhere else
        analysis.copy(),
        "y_true",
        columns,
        cbpe._calibrators,  # noqa: SLF001 - likewise
    )
    chances = calibrated[list(columns.values())].to_numpy().astype(float)
    decisions = analysis["y_pred"].map({one: place for place, one in enumerate(CLASSES)}).to_numpy().astype(int)
    names = [f"true_{true}_pred_{decided}" for decided in CLASSES for true in CLASSES]
    yield from _chunks(said, chances, decisions, names)


def _chunks(said: Any, chances: Any, decisions: Any, cells: Any) -> Iterator[dict[str, Any]]:
    for place in range(len(said)):
        first, last = (int(said["chunk", name].iloc[place]) for name in ("start_index", "end_index"))
        yield {
            "chances": chances[first : last + 1].tolist(),
            "decisions": decisions[first : last + 1].tolist(),
            "figures": [float(said[name, "value"].iloc[place]) for name in FIGURES],
            "cells": [float(said[name, "value"].iloc[place]) for name in cells],
        }


if __name__ == "__main__":
    main(sys.argv[1])
