"""The metrics of the drift sidecar, as the catalogue has them."""

from collections.abc import Mapping

from stream.telemetry.entry import Entry
from stream.telemetry.names import CounterName, GaugeName

WINDOWS = ("inputs", "cohort")

DRIFT_COUNTERS: Mapping[CounterName, Entry] = {
    "driftline_windows_judged_total": Entry(
        unit="windows",
        meaning="Windows reported: of scored rows, and of rows past their horizon.",
        labels=("kind",),
        closed={"kind": WINDOWS},
    ),
    "driftline_late_rows_total": Entry(
        unit="rows", meaning="Rows whose event-time bucket was judged before their profile came."
    ),
    "driftline_refused_profiles_total": Entry(
        unit="profiles",
        meaning="Profiles set aside, slices left out, or oddities of the profile log, by reason.",
        labels=("reason",),
    ),
    "driftline_rebuilds_total": Entry(
        unit="rebuilds", meaning="Times that no snapshot could be gone on from and the profile log was read again."
    ),
}

DRIFT_GAUGES: Mapping[GaugeName, Entry] = {
    "driftline_oldest_bucket_seconds": Entry(
        unit="seconds", meaning="How far the oldest bucket not judged yet lies behind the scorers' event time."
    ),
    "driftline_snapshot_bytes": Entry(unit="bytes", meaning="Size of the drift sidecar's latest snapshot."),
}
