"""Alert records for tests, as the lifecycle would tell them."""

from typing import Any

from schemas.examples import example

EXAMPLE = example("alert", 1)
SECOND = 1_000_000


def told(alert_id: str = "a", status: str = "open", severity: str = "warning", **said: Any) -> dict[str, Any]:
    """One record; its history holds what it says itself, and before that `earlier` severities."""
    earlier = said.pop("earlier", ())
    transition = EXAMPLE["history"][0]
    history = [{**transition, "severity": one} for one in (*earlier, severity)]
    resolved = 2_000 * SECOND if status == "resolved" else None
    facts = {"alert_id": alert_id, "model": f"m-{alert_id}", "status": status, "severity": severity}
    times = {"opened_at": 1_000 * SECOND, "resolved_at": resolved, "written_at": 5_000 * SECOND}
    return {**EXAMPLE, **facts, **times, "history": history, **said}
