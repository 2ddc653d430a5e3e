"""Our estimates of quality without labels beside NannyML's, on the US Census data of its package.

NannyML needs an environment of its own, once:

    python3 -m venv .venv-nannyml
    .venv-nannyml/bin/pip install nannyml==0.13.1 "pandas<3" "scikit-learn<1.7" "numpy<2.3" statsmodels

The estimates are those of 0.13.1's isotonic calibrator: both sides are given the same calibrated chances.
"""

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from load.bench.race import say
from services.drift.stats.estimate import from_rows

ROOT = Path(__file__).parents[2]
PEER = ROOT / "load" / "bench" / "peers" / "nannyml_estimates.py"
PYTHON = ROOT / ".venv-nannyml" / "bin" / "python"


def furthest(chunk: dict[str, Any]) -> tuple[float, float]:
    """How far apart figures, and cells as shares, of one chunk are at most."""
    chances, decisions = (np.repeat(np.array(chunk[name]), chunk["rows"]) for name in ("chances", "decisions"))
    found = from_rows(chances, decisions)
    figures = [one.value for one in (found.accuracy, found.precision, found.recall, found.f1)]
    cells = np.abs(found.cells.ravel() - np.array(chunk["cells"])) / found.rows
    return float(np.abs(np.array(figures) - np.array(chunk["figures"])).max()), float(cells.max())


def main() -> None:
    """Print the largest difference over all chunks."""
    if not PYTHON.is_file():
        say(f"nannyml: found no {PYTHON.relative_to(ROOT)}, expected it as load/bench/nannyml.py says; passed over")
        return
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told.json"
        # Its telemetry is switched off: nothing here speaks to anyone.
        subprocess.run([PYTHON, "-W", "ignore", PEER, told], check=True, env={"NML_DISABLE_USAGE_LOGGING": "1"})
        said = json.loads(told.read_text(encoding="utf-8"))
    apart = np.array([furthest(chunk) for chunk in said["chunks"]])
    say(f"nannyml {said['nannyml']}: {len(apart)} chunks, accuracy, precision, recall, F1 and four cells of each")
    say(f"largest difference: of figures {apart[:, 0].max():.1e}, of cells {apart[:, 1].max():.1e} of the rows")


if __name__ == "__main__":
    main()
