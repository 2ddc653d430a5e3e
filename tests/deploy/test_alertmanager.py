"""Who is told of what: every receiver is there, nobody's secret is."""

from typing import Any

from services.drift.alerting.grouping import ALERTS
from tests.deploy.rules import COMPOSE, read, rules

CONFIG: dict[str, Any] = read(COMPOSE / "alertmanager" / "alertmanager.yml")
SECRET = {"routing_key", "service_key", "api_url", "password", "credentials", "bearer_token"}


def test_every_route_leads_to_a_receiver_and_every_receiver_has_one() -> None:
    """The first stands for all that nothing else fits."""
    routes = [CONFIG["route"], *CONFIG["route"]["routes"]]
    assert {one["receiver"] for one in routes} == {one["name"] for one in CONFIG["receivers"]}


def test_pagers_chats_and_webhooks_can_be_told() -> None:
    """Each by a secret that lies in a file."""
    kinds = {kind for one in CONFIG["receivers"] for kind in one if kind != "name"}
    assert kinds == {"pagerduty_configs", "slack_configs", "webhook_configs"}
    files = [value for name, value in _leaves(CONFIG) if name.endswith("_file")]
    assert all(value.startswith("/run/secrets/") for value in files)
    assert len(set(files)) == 3
    assert not {name for name, _ in _leaves(CONFIG)} & SECRET


def test_what_silences_another_exists() -> None:
    """Alerts named in it are Prometheus's or the sidecar's."""
    known = {rule["alert"] for rule in rules() if "alert" in rule} | set(ALERTS.values())
    said = [text for one in CONFIG["inhibit_rules"] for side in one.values() for text in side if "alertname" in text]
    named = {name for text in said if '"' in text for name in text.split('"')[1].split("|")}
    assert named
    assert named <= known


def _leaves(value: Any, name: str = "") -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [leaf for key, one in value.items() for leaf in _leaves(one, str(key))]
    if isinstance(value, list):
        return [leaf for one in value for leaf in _leaves(one, name)]
    return [(name, str(value))]
