"""Our estimates of quality without labels beside NannyML's, on two data sets of its package, given its own calibrators.

NannyML has an environment of its own, made where it is missing: what 0.13.1 runs with is pinned in
requirements/nannyml.txt.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from load.bench.environment import run_in
from load.bench.race import say
from services.drift.stats.estimate import from_rows

PEER = Path(__file__).parent / "peers" / "nannyml_estimates.py"
NEAR = 1e-6


def furthest(chunk: dict[str, Any]) -> tuple[float, float]:
    """How far apart figures, and cells as shares, of one chunk are at most."""
    found = from_rows(np.array(chunk["chances"]), np.array(chunk["decisions"]))
    figures = [one.value for one in (found.accuracy, found.precision, found.recall, found.f1)]
    cells = np.abs(found.cells.ravel() - np.array(chunk["cells"])) / found.rows
    return float(np.abs(np.array(figures) - np.array(chunk["figures"])).max()), float(cells.max())


def main() -> None:
    """Print the largest difference over all chunks of each set; exit code 1 where one is above 10^-6."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told.json"
        run_in("nannyml", PEER, told)
        said = json.loads(told.read_text(encoding="utf-8"))
    say(f"nannyml {said['nannyml']}: accuracy, precision, recall, F1 and every cell of the confusion matrix, by chunk")
    say(f"{'data':28} {'chunks':>7} {'largest difference: of figures':>32} {'of cells, in shares':>20}")
    far = False
    for name, chunks in said["sets"].items():
        figures, cells = np.array([furthest(chunk) for chunk in chunks]).max(axis=0)
        say(f"{name:28} {len(chunks):7} {figures:32.1e} {cells:20.1e}")
        far = far or not max(figures, cells) <= NEAR
    if far:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
