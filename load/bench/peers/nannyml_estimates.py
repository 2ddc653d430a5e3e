"""`python nannyml_estimates.py FILE`: what NannyML estimates of its US Census data, chunk by chunk, as JSON.

It runs in a virtual environment of its own (load.bench.nannyml says which) and imports nothing of ours.
"""

import json
import sys
from pathlib import Path

import nannyml
import numpy as np

CHUNK = 5_000
FIGURES = ("accuracy", "precision", "recall", "f1")
CELLS = ("true_negative", "false_negative", "false_positive", "true_positive")
"""Decided no, truly no; decided no, truly yes; and so on."""


def main(where: str) -> None:
    """Calibrated chances, decisions and estimates of every chunk of the analysis rows."""
    reference, analysis, _ = nannyml.load_us_census_ma_employment_data()
    cbpe = nannyml.CBPE(
        problem_type="classification_binary", y_pred_proba="predicted_probability", y_pred="prediction",
        y_true="employed", metrics=[*FIGURES, "confusion_matrix"], chunk_size=CHUNK,
    )  # fmt: skip
    cbpe.fit(reference)
    said = cbpe.estimate(analysis).filter(period="analysis").to_df()
    chances = np.asarray(cbpe.calibrator.calibrate(analysis["predicted_probability"].to_numpy()), dtype=float)
    decisions = analysis["prediction"].to_numpy().astype(int)
    chunks = []
    for place in range(len(said)):
        first, last = (int(said["chunk", name].iloc[place]) for name in ("start_index", "end_index"))
        kinds, rows = np.unique(
            np.stack([chances[first : last + 1], decisions[first : last + 1]]), axis=1, return_counts=True
        )
        chunk = {"chances": kinds[0].tolist(), "decisions": kinds[1].astype(int).tolist(), "rows": rows.tolist()}
        chunk["figures"] = [float(said[name, "value"].iloc[place]) for name in FIGURES]
        chunk["cells"] = [float(said[name, "value"].iloc[place]) for name in CELLS]
        chunks.append(chunk)
    Path(where).write_text(json.dumps({"nannyml": nannyml.__version__, "chunks": chunks}), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
