"""`python drift_year_picture.py WEEKS PICTURE`: paints the weeks that load.bench.drift_year put together.

It runs in a virtual environment of its own (requirements/pictures.txt) and imports nothing of ours.
"""

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.colors import PowerNorm
from matplotlib.ticker import MultipleLocator

CAUSES = {"quality": "#7b3294", "serving": "#555555", "data": "#2c7bb6", "label": "#e66101", "concept": "#d7191c"}
MOST, OFTEN = 0.6, 0.5
"""The PSI at which the colour is full; of the days of a week, so many make a mark."""
SIZE, DPI = (11.0, 9.0), 110
Weeks = list[dict[str, Any]]


def main(told: str, picture: str) -> None:
    """Paint what `told` holds."""
    mpl.use("agg")
    plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    weeks: Weeks = json.loads(Path(told).read_text(encoding="utf-8"))
    shapes = {"height_ratios": [2.6, 1.7, 0.8], "hspace": 0.22}
    figure, (moved, quality, late) = plt.subplots(3, 1, figsize=SIZE, sharex=True, gridspec_kw=shapes)
    figure.subplots_adjust(left=0.105, right=0.90, top=0.95, bottom=0.05)
    paint_moved(figure, moved, weeks)
    paint_quality(quality, weeks)
    paint_late(late, weeks)
    late.set_xticks(*months(weeks))
    late.set_xlim(-0.5, len(weeks) - 0.5)
    figure.savefig(picture, dpi=DPI, metadata={"Software": None})


def months(weeks: Weeks) -> tuple[list[int], list[str]]:
    """The first whole week of each month, and its name."""
    days = [dt.date.fromisoformat(week["monday"]) for week in weeks]
    firsts = [place for place, day in enumerate(days) if day.day <= 7]  # noqa: PLR2004 - a week
    return firsts, [days[place].strftime("%b %Y" if place == firsts[0] else "%b") for place in firsts]


def paint_moved(figure: Any, axes: Any, weeks: Weeks) -> None:
    """A row a feature, those that moved most on top; a dot where it informed on half of the days."""
    names = sorted({name for week in weeks for name in week["moved"]} - {"score"})
    table = {name: np.array([week["moved"].get(name, np.nan) for week in weeks]) for name in (*names, "score")}
    rows = [*sorted(names, key=lambda name: -np.nansum(table[name])), "score"]
    shown = np.array([table[name] for name in rows])
    mesh = axes.imshow(shown, aspect="auto", cmap="YlOrRd", norm=PowerNorm(0.6, 0.0, MOST), interpolation="nearest")
    told = np.array([[week["told"].get(name, 0.0) >= OFTEN for week in weeks] for name in rows])
    places = np.argwhere(told)
    axes.scatter(places[:, 1], places[:, 0], s=9, color="black", linewidths=0)
    axes.set_yticks(range(len(rows)), rows)
    axes.axhline(len(rows) - 1.5, color="white", linewidth=3)
    axes.set_title("what moved: PSI beyond chance, by week; a dot where it informed on half of the days", loc="left")
    bar = figure.colorbar(mesh, cax=figure.add_axes((0.915, 0.53, 0.014, 0.42)), extend="max")
    bar.outline.set_visible(False)


def paint_quality(axes: Any, weeks: Weeks) -> None:
    """Estimated and realised accuracy above the floor; a mark for each cause that paged in a week."""
    at = np.arange(len(weeks))
    lines = {name: [week[name] for week in weeks] for name in ("estimated", "realised", "floor")}
    sides = {name: np.array([np.nan if one is None else one for one in found]) for name, found in lines.items()}
    axes.plot(at, sides["estimated"], color="#2c7bb6", linestyle="--", label="estimated, without labels")
    axes.plot(at, sides["realised"], color="black", label="realised, once labels were there")
    axes.plot(at, sides["floor"], color="#d7191c", linewidth=0.8, label="floor")
    lowest = float(np.nanmin(sides["realised"]))
    seen: set[str] = set()
    for place, week in enumerate(weeks):
        for height, cause in enumerate(sorted(set(week["pages"]))):
            where, label = lowest - 0.014 - 0.012 * height, None if cause in seen else f"page: {cause}"
            axes.scatter([place], [where], marker="^", s=45, color=CAUSES[cause], label=label, zorder=3)
            seen.add(cause)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.yaxis.set_major_locator(MultipleLocator(0.02))
    axes.set_title("does it hurt: accuracy by week, and what paged", loc="left")
    withheld = np.flatnonzero(np.isnan(sides["estimated"]))
    for place in withheld.tolist():
        axes.axvspan(place - 0.5, place + 0.5, color="#f0f0f0", linewidth=0, zorder=0)
    if withheld.size:
        words = "no estimate: rows unlike the reference"
        axes.text(withheld.mean(), lowest - 0.002, words, ha="center", color="#777777", fontsize=8)
    axes.set_ylim(lowest - 0.05, None)
    axes.legend(loc="lower center", bbox_to_anchor=(0.48, 0.0), ncol=3, frameon=False, fontsize=8)


def paint_late(axes: Any, weeks: Weeks) -> None:
    """What is known of the outcome itself."""
    rates = [0.0 if week["late"] is None else week["late"] for week in weeks]
    axes.bar(range(len(weeks)), rates, color="#9aa5b1", width=0.8)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.set_title("what is so: share of flights that came late", loc="left")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
