"""Tables of panels as the classic JSON of Grafana."""

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

from grafana_foundation_sdk.builders import (
    common,
    dashboard,
    heatmap,
    prometheus,
    stat,
    statushistory,
    table,
    timeseries,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import BigValueColorMode, GraphThresholdsStyleMode, StackingMode
from grafana_foundation_sdk.models.dashboard import (
    DashboardLinkType,
    DataSourceRef,
    GridPos,
    Threshold,
    ThresholdsMode,
    VariableOption,
    VariableRefresh,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from deploy.dashboards.panel import Board, Panel, Shows

SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
WIDEST, HIGH, LOW = 24, 9, 5
CHOICES: Mapping[str, str] = {
    "model": "label_values(driftline_build_info, model)",
    "version": 'label_values(driftline_window_end_timestamp_seconds{model=~"$model"}, model_version)',
    "service": 'label_values(driftline_lag_messages{model=~"$model"}, job)',
}
DASHES = common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED)
LATEST = common.ReduceDataOptions().calcs(["lastNotNull"])
ALL = VariableOption(selected=True, text="All", value="$__all")
KINDS: Mapping[Shows, Callable[[], Any]] = {
    "lines": lambda: timeseries.Panel().fill_opacity(8).line_width(1).thresholds_style(DASHES),
    "stacked": lambda: (
        timeseries.Panel().fill_opacity(40).stacking(common.StackingConfig().mode(StackingMode.NORMAL).group("A"))
    ),
    "stat": lambda: stat.Panel().color_mode(BigValueColorMode.BACKGROUND).reduce_options(LATEST),
    "table": table.Panel,
    "heatmap": lambda: heatmap.Panel().calculate(calculate=False),
    "history": statushistory.Panel,
}


def drawn(board: Board) -> str:
    """The dashboard as JSON, the same for the same table."""
    made = (
        dashboard.Dashboard(board.title)
        .uid(board.uid)
        .description(board.says)
        .tags(["driftline"])
        .refresh("10s")
        .time("now-1h", "now")
        .readonly()
        .link(dashboard.DashboardLink("driftline").type(DashboardLinkType.DASHBOARDS).tags(["driftline"]))
        .annotation(_alerts())
    )
    for choice in _choices(board):
        made = made.with_variable(choice)
    numbers, below = count(1), 0
    for title, panels in board.rows.items():
        made = made.with_row(dashboard.Row(title).id(next(numbers)).grid_pos(GridPos(h=1, w=WIDEST, x=0, y=below)))
        below += 1
        for panel, place in _placed(panels, below):
            made = made.with_panel(_panel(panel).id(next(numbers)).grid_pos(place))
            below = max(below, place.y + place.h)
    return str(JSONEncoder(sort_keys=True, indent=1).encode(made.build())) + "\n"


def _placed(panels: tuple[Panel, ...], top: int) -> Iterator[tuple[Panel, GridPos]]:
    """Panels from left to right, a new line where the next does not fit."""
    across, high = 0, 0
    for panel in panels:
        height = LOW if panel.shows == "stat" else HIGH
        if across + panel.width > WIDEST:
            top, across, high = top + high, 0, 0
        yield panel, GridPos(h=height, w=panel.width, x=across, y=top)
        across, high = across + panel.width, max(high, height)


def _panel(panel: Panel) -> Any:
    steps = [Threshold(value=None, color=panel.base)]
    steps += [Threshold(value=value, color=color) for color, value in panel.steps.items()]
    levels = dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)
    made = KINDS[panel.shows]().title(panel.title).description(panel.says).unit(panel.unit).datasource(SOURCE)
    made = made.thresholds(levels)
    if panel.leads:
        made = made.links([dashboard.DashboardLink("more").type(DashboardLinkType.LINK).url(f"/d/{panel.leads}")])
    for ref, (legend, expression) in zip("ABCDEFGH", panel.asks.items(), strict=False):
        made = made.with_target(_query(panel, expression).legend_format(legend).ref_id(ref))
    return made


def _query(panel: Panel, expression: str) -> prometheus.Dataquery:
    asked = prometheus.Dataquery().expr(expression)
    if panel.shows in ("stat", "table"):
        asked = asked.instant()
    if panel.shows == "table":
        asked = asked.format(PromQueryFormat.TABLE)
    elif panel.shows == "heatmap":
        asked = asked.format(PromQueryFormat.HEATMAP)
    return asked.exemplar(exemplar=True) if "_bucket{" in expression and panel.shows == "lines" else asked


def _choices(board: Board) -> Iterator[Any]:
    yield dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus")
    for name in ("model", *board.choices):
        if name == "price":
            yield dashboard.TextBoxVariable("price").label("Price of a CPU hour").default_value("0.04")
        else:
            made = dashboard.QueryVariable(name).label(name.capitalize()).datasource(SOURCE).query(CHOICES[name])
            made = made.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).multi(multi=True)
            yield made.include_all(include_all=True).all_value(".+").current(ALL)


def _alerts() -> dashboard.AnnotationQuery:
    """Where alerts of Prometheus began to fire, over every panel."""
    expression = 'ALERTS{alertstate="firing",severity=~"warning|critical"}'
    return (
        dashboard.AnnotationQuery()
        .name("Alerts")
        .datasource(SOURCE)
        .enable(enable=True)
        .icon_color("red")
        .expr(expression)
    )
