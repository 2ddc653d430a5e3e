"""What the drift and alerts topics say is kept as their readers keep it: the last of each counts."""

from pathlib import Path

from driftline.watching.following import MOST_REPORTS, Following
from driftline.where import Where
from schemas.records import write_record
from stream.records import Place
from tests.driftline.alerts.test_view import alert
from tests.driftline.view.seeing import inputs

AT = Where(brokers="127.0.0.1:1", model="shop", prefix="eu.", schemas=Path("schemas"))
PREFIX = bytes(5)


def test_reports_and_alerts_are_told_apart_by_their_topics() -> None:
    """Of a window or an alert that is told twice the last one counts; what is neither is left out."""
    following = Following(AT)
    for number, cause in ((0, "none"), (1, "none"), (0, "data")):
        following.take("eu.shop.drift", write_record("drift", inputs(number, cause=cause), PREFIX))
    for status in ("open", "resolved"):
        following.take("eu.shop.alerts", write_record("alert", alert("a", status), PREFIX))
    following.take("eu.shop.alerts", b"no record")
    (line,), alerts, trouble = following.known()
    assert [one["cause"] for one in line.inputs] == ["data", "none"]
    assert ([one["alert_id"] for one in alerts.resolved], alerts.open, trouble) == (["a"], [], "")


def test_reading_goes_on_where_it_ended() -> None:
    """At first with the last reports and every alert; anew where a topic was made anew."""
    following = Following(AT)
    drift, alerts = Place("eu.shop.drift", 0), Place("eu.shop.alerts", 0)
    assert following.begin(drift, 0, 10 * MOST_REPORTS) == 9 * MOST_REPORTS
    assert following.begin(drift, 5, 9) == 5
    assert following.begin(alerts, 3, 10 * MOST_REPORTS) == 3
    following.ended({drift: 100, alerts: 50})
    assert (following.begin(drift, 0, 120), following.begin(alerts, 70, 90)) == (100, 70)
    assert following.begin(alerts, 0, 20) == 0
