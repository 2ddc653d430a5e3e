"""One panel in a line or two: what it asks, what it shows, what good looks like."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Shows = Literal["lines", "stacked", "stat", "table", "heatmap", "history"]
Steps = Mapping[str, float]
"""Colours by the value from which they hold; below the first it is green."""
RATE = "$__rate_interval"


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A panel; `says` is one sentence: what good looks like, what to do otherwise.

    `asks` maps the legend of each series to its PromQL. `width` is in twenty-fourths of a row.
    """

    title: str
    says: str
    unit: str
    asks: Mapping[str, str]
    shows: Shows = "lines"
    steps: Steps = field(default_factory=dict)
    base: str = "green"
    width: int = 8
    leads: str = ""
    """The uid of the dashboard that says more."""


@dataclass(frozen=True, kw_only=True)
class Board:
    """A dashboard; `choices` stand beside that of the model: version, service, price (of a CPU hour)."""

    uid: str
    title: str
    says: str
    rows: Mapping[str, tuple[Panel, ...]]
    choices: tuple[str, ...] = ()


def quantile(share: float, metric: str, where: str, by: str = "") -> str:
    """A quantile of a histogram over the interval that Grafana picks."""
    kept = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, sum by ({kept}) (rate({metric}_bucket{{{where}}}[{RATE}])))"


def rate(metric: str, where: str, by: str) -> str:
    """A counter's rise a second."""
    return f"sum by ({by}) (rate({metric}{{{where}}}[{RATE}]))"


def of(job: str, more: str = "") -> str:
    """The selector of one service of the models that were chosen."""
    return f'job="{job}",model=~"$model"' + (f",{more}" if more else "")
