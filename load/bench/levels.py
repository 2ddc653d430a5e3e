"""How often each binned test alarms when nothing has changed, by kind of stream, window and block; and its power."""

from typing import Literal

import numpy as np
from scipy.signal import lfilter
from scipy.special import ndtri

from load.bench.race import say
from services.drift.stats.binned import Floats
from services.drift.stats.histograms import compare
from services.drift.stats.rates import compare_shares

BINS, BLOCKS, SHIFT, SEASON, REACH = 20, 20, 0.5, 500, 300
EDGES = ndtri(np.arange(1, BINS) / BINS)
LEVELS = (0.05, 0.01, 0.001)
SIZES = ((500, 500, 1200), (2_000, 250, 1200), (2_000, 2_000, 600), (500, 2_000, 600), (200_000, 2_000, 150))
"""Rows of the window, rows of a block, streams."""
Kind = Literal["iid", "AR(.9)", "season"]
TESTS = ("psi_p", "jensen_shannon_p", "chi_square_p", "ks_p")


def counted(kind: Kind, chance: np.random.Generator, rows: int, streams: int, *, shift: float = 0.0) -> Floats:
    """Histograms (streams, BINS) of as many rows of fresh streams, one stream at a time."""
    found = np.empty((streams, BINS))
    for place in range(streams):
        values = chance.normal(size=rows)
        if kind == "AR(.9)":
            values = np.sqrt(1 - 0.81) * lfilter([1.0], [1.0, -0.9], chance.normal(size=rows + REACH))[REACH:]
        elif kind == "season":
            turn = 2 * np.pi * (np.arange(rows) / SEASON + chance.random())
            values = (values + 0.5 * np.sin(turn)) / np.sqrt(1.125)
        found[place] = np.bincount(np.searchsorted(EDGES, values + shift), minlength=BINS)
    return found


def baseline(kind: Kind, chance: np.random.Generator, block: int, streams: int) -> Floats:
    """Blocks (BLOCKS, streams, BINS), each of fresh streams: what they share is the kind."""
    return np.stack([counted(kind, chance, block, streams) for _ in range(BLOCKS)])


def main() -> None:
    """Print a line a setting: the share of streams below each level, and found at .001 after half a deviation."""
    say(
        f"{'stream':8} {'window':>8} {'block':>6} {'test':17} "
        + " ".join(f"{level:>7}" for level in LEVELS)
        + "   +.5 sd"
    )
    for kind in ("iid", "AR(.9)", "season"):
        for rows, block, streams in SIZES:
            chance = np.random.default_rng(11)
            blocks = baseline(kind, chance, block, streams)
            windows = [counted(kind, chance, rows, streams, shift=shift) for shift in (0.0, SHIFT)]
            calm, moved = (compare(window, blocks) for window in windows)
            p_values = {name: (getattr(calm, name), getattr(moved, name)) for name in TESTS}
            whole = blocks.sum(axis=2)
            p_values["share of a bin"] = tuple(  # type: ignore[assignment] # of two
                compare_shares(w[:, 0], w.sum(axis=1), blocks[:, :, 0], whole, side="both").p_value for w in windows
            )
            for name, (null, power) in p_values.items():
                shares = " ".join(f"{(null <= level).mean():7.4f}" for level in LEVELS)
                say(f"{kind:8} {rows:8} {block:6} {name:17} {shares} {(power <= LEVELS[-1]).mean():8.2f}")


if __name__ == "__main__":
    main()
