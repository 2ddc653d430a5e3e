"""What is charted of drift reports, as Vega-Lite specifications: what moved when, how good the model was."""

from collections.abc import Sequence
from typing import Any

from driftline.view.charts import LABELS, NAMES, WIDE, Spec, field, values
from driftline.view.courses import Cell, Point
from driftline.view.words import count, share, window

EXTENT = 56
"""Room for the labels of a y-axis, the same for charts that stand above each other."""
DARKNESS = {"type": "pow", "exponent": 1.5, "domain": [0, 6], "range": [0.03, 1], "clamp": True}
DAYS = {"format": "%-d %b", "tickCount": 10, "labelOverlap": True, "grid": False}


def heat_map(cells: Sequence[Cell]) -> Spec:
    """A row a feature, a column a window; the darker, the less likely without any change; a ring where it moved."""
    rows = [
        {
            "feature": one.feature,
            "start": one.start / 1e3,
            "end": one.end / 1e3,
            "strength": one.strength,
            "moved": one.is_moved,
            "says": one.says,
        }
        for one in cells
    ]
    order = list(dict.fromkeys(one.feature for one in cells))
    x = field("start", "temporal", scale={"type": "utc"}, title=None, axis=DAYS)
    encoding = {
        "x": x,
        "x2": {"field": "end"},
        "y": field("feature", "nominal", sort=order, title=None, axis=NAMES),
        "description": field("says", "nominal"),
    }
    strong = field("strength", "quantitative", scale=DARKNESS, legend=None)
    cell = {"mark": {"type": "rect", "fill": "var(--heat)"}, "encoding": {"fillOpacity": strong}}
    ring = {
        "transform": [{"filter": "datum.moved"}],
        "mark": {"type": "rect", "fill": "transparent", "stroke": "var(--ink)", "strokeWidth": 1.5},
    }
    base = {"data": values(rows), "width": WIDE - LABELS, "height": {"step": 20}}
    return {**base, "encoding": encoding, "layer": [cell, ring]}


def quality(realised: Sequence[Point], estimated: Sequence[Point]) -> Spec:
    """Estimated against realised accuracy, the gap between them, the labelled rows: one above the other."""
    ends = [*(one.start for one in (*realised, *estimated)), *(one.end for one in (*realised, *estimated))]
    span = {"type": "utc", "domain": [min(ends) / 1e3, max(ends) / 1e3]}
    return {
        "vconcat": [
            _panel(_accuracy(realised, estimated), height=220, span=span),
            _panel(_gap(realised), height=90, span=span),
            _panel(_labelled(realised), height=70, span=span),
        ],
        "spacing": 18,
    }


def _panel(layers: list[Spec], *, height: int, span: Spec) -> Spec:
    x = field("at", "temporal", scale=span, title=None, axis=DAYS)
    return {"width": WIDE - 80, "height": height, "encoding": {"x": x}, "layer": layers}


def _at(one: Point) -> float:
    return (one.start + one.end) / 2e3


def _y(name: str, title: str | None, *, form: str = ".0%") -> Spec:
    axis = {"format": form, "tickCount": 5, "minExtent": EXTENT, "maxExtent": EXTENT}
    return field(name, "quantitative", title=title, scale={"zero": False}, axis=axis)


def _accuracy(realised: Sequence[Point], estimated: Sequence[Point]) -> list[Spec]:
    y = _y("value", "accuracy")
    expected = [
        {
            "at": _at(one),
            "value": one.estimated,
            "low": one.low,
            "high": one.high,
            "says": f"{window(one.start, one.end)}: estimated {share(one.estimated)}"
            f" ({share(one.low)} to {share(one.high)}), {count(one.rows)} rows",
        }
        for one in estimated
    ]
    told = [one for one in expected if one["value"] is not None]
    found = [
        {"at": _at(one), "value": one.realised, "floor": one.floor, "says": _said(one)}
        for one in realised
        if one.realised is not None
    ]
    says = field("says", "nominal")
    band = {"y": {**y, "field": "low"}, "y2": {"field": "high"}}
    floor = {"type": "line", "stroke": "var(--red)", "strokeWidth": 1.5, "strokeDash": [2, 3], "interpolate": "step"}
    dashed = {"type": "line", "stroke": "var(--violet)", "strokeWidth": 2, "strokeDash": [6, 4]}
    line = {"type": "line", "stroke": "var(--blue)", "strokeWidth": 2}
    return [
        _layer(expected, {"type": "area", "fill": "var(--violet)", "fillOpacity": 0.16}, band),
        _layer(found, floor, {"y": {**y, "field": "floor"}}),
        _layer(expected, dashed, {"y": y}),
        _layer(found, line, {"y": y}),
        _layer(told, _dot("var(--violet)", 18), {"y": y, "description": says}),
        _layer(found, _dot("var(--blue)", 36), {"y": y, "description": says}),
    ]


def _said(one: Point) -> str:
    floor = "" if one.floor is None else f", floor {share(one.floor)}"
    usual = "" if one.reference is None else f", {share(one.reference)} in the reference"
    labelled = f"{count(one.rows)} labelled rows, {share(one.coverage)} of the answers"
    return f"{window(one.start, one.end)}: realised {share(one.realised)}{floor}{usual}; {labelled}"


def _layer(rows: list[dict[str, Any]], mark: Spec, encoding: Spec) -> Spec:
    return {"data": values(rows), "mark": mark, "encoding": encoding}


def _dot(colour: str, size: int) -> Spec:
    return {"type": "point", "filled": True, "fill": colour, "size": size, "opacity": 1}


def _gap(realised: Sequence[Point]) -> list[Spec]:
    rows = [
        {
            "at": _at(one),
            "value": one.gap,
            "low": one.gap - 2 * one.gap_error,
            "high": one.gap + 2 * one.gap_error,
            "says": f"{window(one.start, one.end)}: estimated less realised {one.gap:+.3f} ± {one.gap_error:.3f},"
            f" material from {one.material}",
        }
        for one in realised
        if one.gap is not None
    ]
    y = _y("value", "gap", form="+.0%")
    zero = _layer([{"value": 0}], {"type": "rule", "stroke": "var(--muted)"}, {"x": None, "y": y})
    span = {"y": {**y, "field": "low"}, "y2": {"field": "high"}}
    whisker = _layer(rows, {"type": "rule", "stroke": "var(--amber)", "opacity": 0.6, "strokeWidth": 2}, span)
    dots = _layer(rows, _dot("var(--amber)", 30), {"y": y, "description": field("says", "nominal")})
    return [zero, whisker, dots]


def _labelled(realised: Sequence[Point]) -> list[Spec]:
    rows = [
        {
            "start": one.start / 1e3,
            "end": one.end / 1e3,
            "rows": one.rows,
            "says": f"{window(one.start, one.end)}: {count(one.rows)} labelled rows,"
            f" {share(one.coverage)} of the answers",
        }
        for one in realised
    ]
    axis = {"tickCount": 3, "minExtent": EXTENT, "maxExtent": EXTENT, "format": "~s"}
    encoding = {
        "x": field("start", "temporal"),
        "x2": {"field": "end"},
        "y": field("rows", "quantitative", title="labelled rows", axis=axis),
        "y2": {"datum": 0},
        "description": field("says", "nominal"),
    }
    mark = {"type": "rect", "fill": "var(--blue)", "fillOpacity": 0.45, "stroke": "var(--surface)"}
    return [_layer(rows, mark, encoding)]
