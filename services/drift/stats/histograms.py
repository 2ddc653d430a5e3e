"""All binned tests of many features at once: a window's histograms against the baseline's blocks."""

from dataclasses import dataclass

import numpy as np

from services.drift.stats.binned import Counts, Floats, chi_square, jensen_shannon, ks, merged, psi
from services.drift.stats.dispersion import ks_p, of_cumulated, of_histograms, psi_p


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Statistics of F features, each with its p-value; every array is (F,).

    PSI, Jensen-Shannon and chi-square are of histograms whose rare bins were put together; `expected` is the mean of
    PSI when nothing has changed, `tau2` the variance between the baseline's blocks. KS is of the bins as they are in
    their order, and means nothing where they have none (categories).
    """

    rows: Floats
    psi: Floats
    psi_p: Floats
    jensen_shannon: Floats
    jensen_shannon_p: Floats
    chi_square: Floats
    chi_square_p: Floats
    ks: Floats
    ks_p: Floats
    expected: Floats
    tau2: Floats


def compare(window: Counts, blocks: Counts) -> Compared:
    """Compare a window's counts (F, B) with those of the baseline's blocks, (K, F, B); see `binned.stacked`."""
    known, found = np.asarray(blocks, dtype=np.float64), np.asarray(window, dtype=np.float64)
    rows, whole = found.sum(axis=-1), known.sum(axis=0)
    fewer, fewer_blocks = merged(found, known)
    base = fewer_blocks.sum(axis=0)
    dispersion = of_histograms(fewer_blocks)
    moved, diverged, squares = psi(fewer, base), jensen_shannon(fewer, base), chi_square(fewer, base)
    farthest = ks(found, whole)
    return Compared(
        rows=rows,
        psi=moved,
        psi_p=psi_p(moved, dispersion, rows),
        jensen_shannon=diverged,
        jensen_shannon_p=psi_p(8.0 * diverged, dispersion, rows),
        chi_square=squares,
        chi_square_p=psi_p(squares * dispersion.chance(rows), dispersion, rows),
        ks=farthest,
        ks_p=ks_p(farthest, of_cumulated(known), rows),
        expected=dispersion.expected(rows),
        tau2=dispersion.tau2,
    )
