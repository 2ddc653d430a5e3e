"""A drift report, put together from what the judge found."""

from collections.abc import Sequence
from typing import Any

from services.drift.findings.finding import Finding, Verdict, shown
from services.drift.findings.reference import Reference
from services.drift.judging.cause import Cause, Severity
from services.drift.judging.words import Action
from services.drift.sums import Cohort, Inputs

RUNBOOKS = {
    "quality": "docs/runbooks/DataQuality.md",
    "serving": "docs/runbooks/ServingDegraded.md",
    "data": "docs/runbooks/InputDrift.md",
    "label": "docs/runbooks/ModelPerformance.md",
    "concept": "docs/runbooks/ModelPerformance.md",
}


def kind_of(window: Inputs | Cohort) -> str:
    """What a report says it is of."""
    return "inputs" if isinstance(window, Inputs) else "cohort"


def rows_of(window: Inputs | Cohort) -> int:
    """Rows that the window's figures are of."""
    return window.seen.rows if isinstance(window, Inputs) else window.known.rows


def blank(window: Inputs | Cohort, reference: Reference, code_version: str) -> dict[str, Any]:
    """The report of a window of which nothing is known but whose it is."""
    contract, kind = reference.contract, kind_of(window)
    return {
        "report_id": f"{window.version}/{window.arm}/{kind}/{window.end}",
        "model": contract.model,
        "model_version": window.version,
        "bundle_digest": window.digest,
        "arm": window.arm,
        "kind": kind,
        "start": window.start,
        "end": window.end,
        "rows": rows_of(window),
        "judged": False,
        "why_not": "",
        "findings": [],
        "families": [],
        "spent": 0.0,
        "estimated": None,
        "why_no_estimate": "",
        "realised": None,
        "gap": None,
        "early": None,
        "labels_against": "",
        "cause": "none",
        "severity": "none",
        "action": Action().record(),
        "features": [],
        "sentence": "",
        "team": contract.owner.team,
        "contact": contract.owner.contact,
        "runbook": "",
        "code_version": code_version,
    }


def unjudged(report: dict[str, Any], why: str) -> dict[str, Any]:
    """The report of a window that was not judged."""
    return {**report, "why_not": why, "sentence": f"not judged: {why}"}


def judged(
    report: dict[str, Any], findings: Sequence[Finding], verdicts: Sequence[Verdict], **said: Any
) -> dict[str, Any]:
    """The report of a window that was."""
    cause: Cause = said["cause"]
    severity: Severity = said["severity"]
    action: Action = said.pop("action")
    return {
        **report,
        **said,
        "judged": True,
        "findings": shown(findings),
        "families": [one.record() for one in verdicts],
        "spent": float(sum(one.alpha for one in verdicts)),
        "action": action.record(),
        "runbook": RUNBOOKS.get(cause, "") if severity != "none" else "",
    }
