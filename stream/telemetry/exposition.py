"""The metrics of a registry as text, in the format that whoever asks can read."""

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics

OPENMETRICS = "application/openmetrics-text"


def exposition(registry: CollectorRegistry, accept: str) -> tuple[str, bytes]:
    """Type and body for a request that accepts `accept`: OpenMetrics, which alone has exemplars, if it names that."""
    if OPENMETRICS in accept:
        page = openmetrics.generate_latest(registry)  # type: ignore[no-untyped-call]  # prometheus_client leaves it so
        return openmetrics.CONTENT_TYPE_LATEST, page
    return CONTENT_TYPE_LATEST, generate_latest(registry)
