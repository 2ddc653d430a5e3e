"""A year of real flights in one picture: what moved, whether it hurt, what paged; REPORTS=FILE paints kept reports."""

import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from load.bench.drifting.weeks import monday_of, weeks
from load.bench.environment import ROOT, run_in
from load.bench.race import say
from load.flights.replay import LAST_DAY
from load.flights.table import read_flights

PAINTER = Path(__file__).parent / "peers" / "drift_year_picture.py"
PICTURE = ROOT / "docs" / "guide" / "drift-year.png"
STATE = ROOT / ".driftline" / "year"
FIRST_DAY = dt.date(2013, 3, 1)
EVENTS = 284_821
MODEL = "flights"


def main() -> None:
    """Replay the year where no reports are given, then paint it."""
    given = os.environ.get("REPORTS")
    reports = json.loads(Path(given).read_bytes()) if given else replayed()
    found = [one.as_data() for one in weeks(reports, late_rates())]
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "weeks.json"
        told.write_text(json.dumps(found), encoding="utf-8")
        run_in("pictures", PAINTER, told, PICTURE)
    say(
        f"{len(reports):,} reports of {len(found)} weeks: {PICTURE.relative_to(ROOT)}, {PICTURE.stat().st_size:,} bytes"
    )


def replayed() -> list[dict[str, Any]]:
    """Every report of a replay of the year through the real stack: some five minutes."""
    _driftline("demo", "--events", str(EVENTS), "--speed", "max")
    _driftline("up", "--detach")
    try:
        said = _driftline("drift", "--model", MODEL, "-n", "100000", "--json")
    finally:
        _driftline("down")
    return list(json.loads(said))


def _driftline(*words: str) -> str:
    """What the command prints; its progress goes where ours goes."""
    command = [sys.executable, "-m", "driftline", *words, "--state", str(STATE)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def late_rates() -> dict[str, float]:
    """What the flights' own file knows of each week: the share of labelled flights that came late, by its Monday."""
    flights = read_flights(FIRST_DAY, LAST_DAY)
    times = flights["event_time"].cast("int64").to_pylist()
    told: dict[str, list[bool]] = defaultdict(list)
    for at, late in zip(times, flights["late"].to_pylist(), strict=True):
        if late is not None:
            told[monday_of(at)].append(late)
    return {monday: float(np.mean(found)) for monday, found in told.items()}


if __name__ == "__main__":
    main()
