"""The door to Vega: a Vega-Lite specification in, an SVG that stands in a page out, offline."""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import vl_convert
from markupsafe import Markup

Spec = Mapping[str, Any]
GRAMMAR = "6.1"
"""The version of Vega-Lite that specifications are written for."""
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
AXIS = {
    "labelColor": "var(--muted)",
    "titleColor": "var(--muted)",
    "gridColor": "var(--line)",
    "domainColor": "var(--line)",
    "tickColor": "var(--line)",
    "labelFont": FONT,
    "titleFont": FONT,
    "labelFontSize": 12,
    "titleFontSize": 12,
    "titleFontWeight": "normal",
    "labelLimit": 140,
}
CONFIG = {
    "background": None,
    "padding": {"left": 8, "right": 16, "top": 8, "bottom": 8},
    "view": {"stroke": None},
    "axis": AXIS,
    "text": {"font": FONT, "fontSize": 12, "color": "var(--ink)"},
    "title": {"font": FONT, "fontSize": 13, "fontWeight": 600, "color": "var(--ink)", "anchor": "start"},
}
"""Colours are the page's own variables, so that a chart is light or dark as the page is."""
NAMESPACES = re.compile(r' xmlns(?::\w+)?="[^"]*"| version="1\.1"')
ROLE_WORDS = re.compile(r' aria-roledescription="[^"]*"')
SIZE = re.compile(r'<svg class="marks" width="([\d.]+)" height="[\d.]+"')


def drawn(spec: Spec, title: str) -> Markup:
    """The chart as SVG, `title` saying what it shows to those who do not see it; as wide as its place allows.

    What data says stands in it escaped, as Vega writes it. Raises ValueError for what is no chart.
    """
    return _drawn(json.dumps({**spec, "config": CONFIG}), title)


@lru_cache(maxsize=64)
def _drawn(spec: str, title: str) -> Markup:
    # A name space is no address, but a page that must hold none is easier to check without.
    svg = ROLE_WORDS.sub("", NAMESPACES.sub("", vl_convert.vegalite_to_svg(spec, vl_version=GRAMMAR)))
    label = Markup(' role="img" aria-label="{}"').format(title)
    opened = SIZE.sub(lambda found: f'<svg class="chart" style="max-width:{found[1]}px"{label}', svg, count=1)
    return Markup(opened)  # noqa: S704 - made by Vega, which escapes what data says; a test holds it to that
