"""What is charted, as Vega-Lite specifications: how long things take, how many of what."""

from collections.abc import Mapping, Sequence
from typing import Any

from driftline.view.seen import Reasons, Tick
from driftline.view.times import WHOLE, Bin, Stage
from driftline.view.words import count, rate, share, time_span

Spec = dict[str, Any]
WIDE, HALF = 900, 400
LABELS = 170
"""So many pixels the longest names may take."""
DECADES = {"values": [10.0**power for power in range(-2, 7)], "format": ",~r"}
KIND_COLOURS = {
    "rejected": "var(--amber)",
    "dead letter": "var(--red)",
    "answered by a stand-in": "var(--violet)",
    "scored with a mark": "var(--blue)",
}
FEW = {"tickCount": 4, "format": "~s"}
HEADER = {
    "labelAngle": 0,
    "labelAlign": "left",
    "labelAnchor": "start",
    "labelOrient": "top",
    "labelColor": "var(--muted)",
    "labelFontSize": 12,
    "labelFontWeight": 600,
}
NAMES = {"labelLimit": LABELS, "minExtent": LABELS, "ticks": False, "domain": False}


def values(rows: Sequence[Mapping[str, Any]]) -> Spec:
    """Data that stands in the specification itself."""
    return {"values": list(rows)}


def field(name: str, kind: str, **more: Any) -> Spec:
    """One channel: a field, its type (nominal, quantitative, temporal), what else is said of it."""
    return {"field": name, "type": kind, **more}


def latency(found: Sequence[Stage]) -> Spec:
    """A line a stage from its median to its 99th percentile, on a logarithmic axis of milliseconds."""
    rows = [
        {
            "stage": one.name,
            "p50": max(0.01, one.median * 1e3),
            "p99": max(0.01, one.p99 * 1e3),
            "says": f"{one.name}: median {time_span(one.median)}, 99 of 100 within {time_span(one.p99)}",
        }
        for one in found
        if one.median is not None and one.p99 is not None
    ]
    y = field("stage", "nominal", sort=None, title=None, axis=NAMES)
    scale = {"type": "log", "nice": True}
    says = field("says", "nominal")
    x = field("p50", "quantitative", scale=scale, title="milliseconds, logarithmic", axis=DECADES)
    colour = {"condition": {"test": f"datum.stage == '{WHOLE}'", "value": "var(--ink)"}, "value": "var(--blue)"}

    def dots(name: str, *, filled: str) -> Spec:
        mark = {"type": "point", "size": 70, "opacity": 1, "strokeWidth": 2, "fill": filled}
        return {"mark": mark, "encoding": {"x": {**x, "field": name}, "stroke": colour, "description": says}}

    rule = {"mark": {"type": "rule", "strokeWidth": 3, "opacity": 0.5}}
    layers = [
        {**rule, "encoding": {"x": x, "x2": {"field": "p99"}, "stroke": colour, "description": says}},
        dots("p50", filled="var(--surface)"),
        dots("p99", filled="var(--blue)"),
    ]
    return {"data": values(rows), "width": HALF - LABELS, "height": {"step": 26}, "encoding": {"y": y}, "layer": layers}


def histogram(found: Sequence[Bin], *, what: str, colour: str = "var(--blue)") -> Spec:
    """A bar a bin, its height the share of all values that fell into it."""
    total = sum(one.count for one in found) or 1.0
    rows = [
        {
            "bin": one.label,
            "share": one.count / total,
            "says": f"{one.label}: {count(one.count)} {what}, {share(one.count / total)}",
        }
        for one in found
    ]
    encoding = {
        "x": field("bin", "nominal", sort=None, title=None, axis={"labelAngle": -35}),
        "y": field("share", "quantitative", title=f"share of {what}", axis={"format": ".0%", "tickCount": 4}),
        "description": field("says", "nominal"),
    }
    mark = {"type": "bar", "fill": colour, "cornerRadiusEnd": 3}
    return {"data": values(rows), "width": HALF - 60, "height": 190, "mark": mark, "encoding": encoding}


def reasons(found: Reasons) -> Spec:
    """A bar a reason, the kinds one below the other in their colours."""
    rows = [
        {"reason": reason, "kind": kind, "rows": number, "says": f"{kind}, {reason}: {count(number)}"}
        for kind, some in found.kinds().items()
        for reason, number in sorted(some.items(), key=lambda one: (-one[1], one[0]))
    ]
    kinds = list(KIND_COLOURS)
    colours = {"domain": kinds, "range": list(KIND_COLOURS.values())}
    encoding = {
        "y": field("reason", "nominal", sort=None, title=None, axis=NAMES),
        "description": field("says", "nominal"),
    }
    bars = {
        "mark": {"type": "bar", "cornerRadiusEnd": 3, "height": 16},
        "encoding": {
            "x": field("rows", "quantitative", title=None, axis=None),
            "fill": field("kind", "nominal", scale=colours, legend=None),
        },
    }
    text = {
        "mark": {"type": "text", "align": "left", "dx": 6},
        "encoding": {"x": field("rows", "quantitative"), "text": field("rows", "quantitative", format=",")},
    }
    return {
        "data": values(rows),
        "facet": {"row": field("kind", "nominal", sort=kinds, title=None, header=HEADER)},
        "spec": {"width": WIDE - 2 * LABELS, "height": {"step": 22}, "encoding": encoding, "layer": [bars, text]},
        "spacing": 16,
        "resolve": {"scale": {"y": "independent"}},
    }


def course(ticks: Sequence[Tick]) -> Spec:
    """Events and outcomes a second over the last minutes, and how far behind the services were."""
    rows = [
        {
            "at": one.at * 1e3,
            "events": one.events,
            "outcomes": one.outcomes,
            "lag": one.lag,
            "says": f"events {rate(one.events)}, outcomes {rate(one.outcomes)}, {count(one.lag)} records behind",
        }
        for one in ticks
    ]
    x = field("at", "temporal", title=None, axis={"format": "%H:%M:%S", "tickCount": 6})
    says = field("says", "nominal")

    def panel(name: str, title: str, colour: str) -> Spec:
        mark = {"type": "area", "line": {"stroke": colour, "strokeWidth": 2}, "fill": colour, "fillOpacity": 0.15}
        most = max(1.0, *(getattr(one, name) for one in ticks))
        y = field(name, "quantitative", title=title, scale={"domain": [0, most], "nice": True}, axis=FEW)
        dots = {"type": "point", "filled": True, "fill": colour, "size": 60, "opacity": 0}
        points = {"mark": dots, "encoding": {"description": says}}
        return {"encoding": {"x": x, "y": y}, "layer": [{"mark": mark}, points]}

    rates = panel("events", "a second", "var(--blue)")
    joined = panel("outcomes", "a second", "var(--green)")
    behind = panel("lag", "records behind", "var(--amber)")
    return {
        "data": values(rows),
        "vconcat": [
            {"width": WIDE - 80, "height": 150, "layer": [rates, joined]},
            {"width": WIDE - 80, "height": 70, **behind},
        ],
    }
