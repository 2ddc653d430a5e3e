"""Whether the data is broken rather than different: lost, unknown, constant, in another unit, refused."""

from collections.abc import Iterator

import numpy as np

from services.drift.findings.finding import Finding
from services.drift.findings.reference import Reference
from services.drift.findings.terms import Terms
from services.drift.stats.binned import Floats
from services.drift.stats.rates import compare_shares, tail
from services.drift.sums import Inputs, Seen, Served

MICRO = 1_000_000
OTHER_UNIT = 10.0
"""So many baseline standard deviations away, or so many times as wide, a feature is in another unit."""
MOSTLY = 0.5
SAME = 1e-4
"""Of a baseline's spread: a feature that varies less is constant."""


def broken(window: Inputs, reference: Reference, terms: Terms) -> list[Finding]:
    """Tests of data quality, one or more a feature, and one of the rows that were refused."""
    seen = window.seen
    return [
        *_lost(seen, reference, terms),
        *_constant(seen, reference),
        *_unit(seen, reference),
        _refused(window.served, terms),
    ]


def degraded(window: Inputs, terms: Terms) -> Finding:
    """The test that answers came from the model: at most `most_degraded` of them from its stand-ins."""
    served = window.served
    count, rows = served.degraded, served.degraded + served.scored
    return Finding(
        test="degraded",
        place="serving",
        statistic=count / max(1, rows),
        p_value=tail(count, rows, terms.most_degraded),
        threshold=terms.most_degraded,
        found=count / max(1, rows),
        what=f"{count / max(1, rows):.1%} of the answers came from a stand-in of the model",
    )


def _lost(seen: Seen, reference: Reference, terms: Terms) -> Iterator[Finding]:
    rows = np.full(len(reference.names), float(seen.rows))
    for test, counts, blocks in (
        ("missing", seen.missing, reference.missing),
        ("unseen", seen.unseen, reference.unseen),
    ):
        found = compare_shares(counts, rows, blocks, reference.rows, delta=terms.material_share)
        for place in np.flatnonzero(counts).tolist():
            yield Finding(
                test=test,
                subject=reference.names[place],
                place="quality",
                statistic=found.found[place] - found.expected[place],
                p_value=float(found.p_value[place]),
                threshold=terms.material_share,
                expected=found.expected[place],
                found=found.found[place],
                what=f"{reference.names[place]}: {found.found[place]:.1%} {test}, {found.expected[place]:.1%} before",
            )


def _moments(seen: Seen) -> tuple[Floats, Floats, Floats]:
    """Rows with a value, and mean and sd of these in baseline standard deviations; each (F,)."""
    rows = np.maximum(1.0, seen.rows - seen.missing - seen.unseen)
    mean = seen.sums / MICRO / rows
    return rows, mean, np.sqrt(np.maximum(0.0, seen.squares / MICRO / rows - mean**2))


def _constant(seen: Seen, reference: Reference) -> Iterator[Finding]:
    """One value alone; as likely as that all rows fall in that bin by chance."""
    rows, _, spread = _moments(seen)
    whole = reference.blocks.sum(axis=0)
    top = seen.bins.argmax(axis=1)
    alone = seen.bins.max(axis=1) >= rows
    varied = np.count_nonzero(whole, axis=1) > 1
    narrow = (spread < SAME) | (reference.ordered == 0)
    places = np.flatnonzero(alone & varied & narrow).tolist()
    if not places:
        return
    shares = whole / np.maximum(1.0, whole.sum(axis=1, keepdims=True))
    for place in places:
        scattered = 1.0 / rows[place] + reference.tau2[place]
        share = float(shares[place, top[place]])
        yield Finding(
            test="constant",
            subject=reference.names[place],
            place="quality",
            statistic=float(rows[place]),
            p_value=max(share, 1.0 / max(2.0, whole[place].sum())) ** (1.0 / scattered),
            expected=share,
            found=1.0,
            what=f"{reference.names[place]}: one value alone",
        )


def _unit(seen: Seen, reference: Reference) -> Iterator[Finding]:
    """So far away, or so wide, that it is another quantity; as likely as that most rows lie in the outermost bins."""
    rows, mean, spread = _moments(seen)
    is_far = (np.abs(mean) >= OTHER_UNIT) | (spread >= OTHER_UNIT)
    for place in np.flatnonzero(is_far & (reference.outer < MOSTLY)).tolist():
        outside = int(seen.bins[place, 0] + seen.bins[place, reference.last_bins[place]])
        yield Finding(
            test="unit",
            subject=reference.names[place],
            place="quality",
            statistic=float(max(abs(mean[place]), spread[place])),
            p_value=tail(outside, int(rows[place]), MOSTLY),
            threshold=OTHER_UNIT,
            expected=float(reference.outer[place]),
            found=outside / rows[place],
            what=f"{reference.names[place]}: {mean[place]:+.0f} sd, {spread[place]:.0f} times as wide: another unit?",
        )


def _refused(served: Served, terms: Terms) -> Finding:
    count = served.rejected + served.dead
    rows = count + served.scored + served.degraded
    leading = max(served.reasons, key=lambda name: (served.reasons[name], name), default="")
    return Finding(
        test="refused",
        subject=leading,
        place="quality",
        statistic=count / max(1, rows),
        p_value=tail(count, rows, terms.most_refused),
        threshold=terms.most_refused,
        found=count / max(1, rows),
        what=f"{count / max(1, rows):.1%} of the events refused, mostly {leading or 'for no reason told'}",
    )
