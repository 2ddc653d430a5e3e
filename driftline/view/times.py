"""How long things take, from the histograms that services keep: stages, events, labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from driftline.view.words import time_span
from stream.telemetry.catalogue import STAGES
from stream.telemetry.scrape import Scraped

WHOLE = "event to prediction"
WHOLE_NAME, STAGE_NAME, DELAY_NAME = (
    "driftline_end_to_end_seconds",
    "driftline_stage_seconds",
    "driftline_label_delay_seconds",
)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """How long one stage takes, in seconds; None where it never ran."""

    name: str
    median: float | None
    p99: float | None
    mean: float | None
    times: float


@dataclass(frozen=True, kw_only=True)
class Bin:
    """So many of a histogram's values lie above `low` and at most at `high`, in seconds."""

    low: float
    high: float
    count: float

    @property
    def label(self) -> str:
        """The bin in words."""
        if self.high == float("inf"):
            return f"> {time_span(self.low)}"
        return f"≤ {time_span(self.high)}"


def stages(found: Scraped) -> list[Stage]:
    """Those that ran, in the order of an event's way, then the whole way."""
    every = [_stage(found, STAGE_NAME, stage, stage=stage) for stage in STAGES]
    return [one for one in [*every, _stage(found, WHOLE_NAME, WHOLE)] if one.times]


def _stage(found: Scraped, name: str, title: str, **labels: str) -> Stage:
    times, total = (_sum(found, f"{name}_{part}", labels) for part in ("count", "sum"))
    return Stage(
        name=title,
        median=found.quantile(name, 0.5, **labels),
        p99=found.quantile(name, 0.99, **labels),
        mean=total / times if times else None,
        times=times,
    )


def _sum(found: Scraped, name: str, labels: dict[str, str]) -> float:
    """Over whatever other labels there are."""
    wanted = set(labels.items())
    return sum(value for (other, given), value in found.samples.items() if other == name and wanted <= given)


def bins(found: Scraped, name: str) -> list[Bin]:
    """A histogram's bins from the first to the last that holds anything; none where it is empty."""
    upto: dict[float, float] = {}
    for (other, labels), value in found.samples.items():
        if other == f"{name}_bucket":
            edge = float(dict(labels)["le"])
            upto[edge] = upto.get(edge, 0.0) + value
    steps = [(0.0, 0.0), *sorted(upto.items())]
    every = [Bin(low=low, high=high, count=b - a) for (low, a), (high, b) in pairwise(steps)]
    return _trimmed(every)


def _trimmed(every: Sequence[Bin]) -> list[Bin]:
    held = [place for place, one in enumerate(every) if one.count]
    return list(every[held[0] : held[-1] + 1]) if held else []
