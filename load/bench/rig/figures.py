"""The figures of several runs as rows of a table, on a terminal or in Markdown."""

import json
import os
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load.bench.rig.drains import Drain

OUT = Path("out/bench")


@dataclass(frozen=True)
class Table:
    """A table with its name, its columns and its rows of words."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def lines(self) -> list[str]:
        """For a terminal: the first column to the left, the others to the right."""
        widths = [max(map(len, some)) for some in zip(self.columns, *self.rows, strict=True)]
        return [
            "  ".join(
                word.ljust(width) if place == 0 else word.rjust(width)
                for place, (word, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in (self.columns, *self.rows)
        ]

    def markdown(self) -> list[str]:
        """For a page."""
        rule = ["---", *["---:"] * (len(self.columns) - 1)]
        return [f"| {' | '.join(row)} |" for row in (self.columns, rule, *self.rows)]


COLUMNS = (
    "system, what it promises",
    "events/s least",
    "median",
    "most",
    "warm half",
    "CPU s/M",
    "warm CPU s/M",
    "broker s/M",
    "MB",
    "ours ÷ it",
    "CPU it ÷ ours",
)


def row(name: str, drains: Sequence[Drain], ours: Sequence[Drain]) -> tuple[str, ...]:
    """One system beside ours: medians, and the ratios of medians.

    >>> one = Drain(1_000_000, 10.0, 4.0, 5.0, 1.0, 4.0, 100_000_000)
    >>> row("x", [one], [one])[1:]
    ('100,000', '100,000', '100,000', '125,000', '5.0', '4.0', '1.0', '100', '1.00', '1.00')
    """
    rates = [one.rate for one in drains]
    ratio, cpu = (f"{one:.2f}" for one in ratios(drains, ours)) if ours else ("", "")
    return (
        name,
        *(f"{rate:,.0f}" for rate in (min(rates), statistics.median(rates), max(rates))),
        f"{statistics.median(one.warm_rate for one in drains):,.0f}",
        *(f"{median(drains, name):.1f}" for name in ("cpu", "warm_cpu", "broker_cpu")),
        f"{max(one.resident for one in drains) / 1e6:.0f}",
        ratio,
        cpu,
    )


def ratios(drains: Sequence[Drain], ours: Sequence[Drain]) -> tuple[float, float]:
    """How many times as fast ours is, and how many times the processor time ours takes it needs."""
    return median(ours, "rate") / median(drains, "rate"), median(drains, "cpu") / max(0.01, median(ours, "cpu"))


def median(drains: Sequence[Drain], name: str) -> float:
    """The median of one figure."""
    return float(statistics.median(getattr(one, name) for one in drains))


def keep(name: str, said: Mapping[str, Any], tables: Sequence[Table]) -> Path:
    """Write the figures of a bench to a file under out/bench, its tables among them."""
    OUT.mkdir(parents=True, exist_ok=True)
    file = OUT / f"{name}.json"
    shown = [{"title": one.title, "columns": one.columns, "rows": one.rows} for one in tables]
    file.write_text(json.dumps({**said, "tables": shown}, indent=1) + "\n", encoding="utf-8")
    return file


def kept(name: str) -> tuple[dict[str, Any], list[Table]]:
    """What `keep` wrote. Raises FileNotFoundError."""
    said = json.loads((OUT / f"{name}.json").read_text(encoding="utf-8"))
    tables = [Table(one["title"], tuple(one["columns"]), tuple(map(tuple, one["rows"]))) for one in said["tables"]]
    return said, tables


def number(name: str, other: int) -> int:
    """A whole number from a variable."""
    return int(os.environ.get(name) or other)
