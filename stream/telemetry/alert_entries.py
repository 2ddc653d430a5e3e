"""The metrics of the notifier, as the catalogue has them."""

from collections.abc import Mapping

from stream.telemetry.entry import Entry
from stream.telemetry.names import CounterName, GaugeName

ALERT_RECORDS = ("open", "updated", "resolved", "reopened", "deleted", "unreadable")
ALERT_POSTS = ("accepted", "refused", "failed")
SEVERITIES = ("info", "warning", "critical")

ALERT_COUNTERS: Mapping[CounterName, Entry] = {
    "driftline_alert_records_total": Entry(
        unit="records",
        meaning="Records of the alerts topic that the notifier heard, by what each said.",
        labels=("result",),
        closed={"result": ALERT_RECORDS},
    ),
    "driftline_alert_posts_total": Entry(
        unit="alerts",
        meaning="Alerts posted to an Alertmanager, again and again while they are open, by how it answered.",
        labels=("result",),
        closed={"result": ALERT_POSTS},
    ),
}

ALERT_GAUGES: Mapping[GaugeName, Entry] = {
    "driftline_open_alerts": Entry(
        unit="alerts",
        meaning="Alerts that stand, as the notifier knows them.",
        labels=("severity",),
        closed={"severity": SEVERITIES},
    ),
    "driftline_unsent_alerts": Entry(
        unit="alerts", meaning="Posts that wait for an Alertmanager, of each its own; 0 when all are told."
    ),
}
