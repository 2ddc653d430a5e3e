"""The command that finds out what is wrong with a stack."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from driftline.checks import CHECKS
from driftline.output import FAILED, OK, Refusal, show, show_json
from driftline.patient import Patient, Skipped

app = typer.Typer()

MARKS = {"ok": ("✓", "green"), "failed": ("✗", "bold red"), "skipped": ("-", "dim")}


@dataclass(frozen=True)
class Finding:
    """What one check found: `detail` in a sentence; `cause` and `fix` where it failed."""

    check: str
    outcome: Literal["ok", "failed", "skipped"]
    detail: str
    cause: str = ""
    fix: str = ""


def examine(patient: Patient) -> list[Finding]:
    """Make every check in order; what depends on a failed one is skipped with the reason."""
    findings = []
    for name, check in CHECKS.items():
        try:
            finding = Finding(name, "ok", check(patient))
        except Skipped as reason:
            finding = Finding(name, "skipped", str(reason))
            patient.failed[name] = "was skipped"
        except Refusal as refusal:
            finding = Finding(name, "failed", refusal.what, refusal.cause, refusal.fix)
            patient.failed[name] = "failed"
        findings.append(finding)
    return findings


@app.command()
def doctor(
    *,
    bundle: Annotated[Path | None, typer.Option(metavar="DIR", help="A model bundle to examine.")] = None,
    brokers: Annotated[str | None, typer.Option(metavar="HOST:PORT", help="This Kafka, not our own.")] = None,
    redis: Annotated[str | None, typer.Option(metavar="HOST:PORT", help="This Redis, not our own.")] = None,
    registry: Annotated[
        str | None, typer.Option(metavar="URL", help="The schema registry of the services, if there is one.")
    ] = None,
    registry_config: Annotated[Path | None, typer.Option(metavar="FILE", help="key=value lines for it.")] = None,
    model: Annotated[str | None, typer.Option(help="The model whose topics to look at.")] = None,
    prefix: Annotated[str | None, typer.Option(help="What stands before every topic's name.")] = None,
    state: Annotated[Path, typer.Option("--state", metavar="DIR", help="The stack's state.")] = Path(".driftline"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")] = False,
) -> None:
    """Check everything that a stack stands on and say how to repair it; exit 1 when something is wrong."""
    patient = Patient(
        directory=state,
        bundle=bundle,
        given_brokers=brokers,
        given_model=model,
        given_prefix=prefix,
        given_redis=redis,
        registry=registry,
        registry_config=registry_config,
    )
    findings = examine(patient)
    failed = any(finding.outcome == "failed" for finding in findings)
    if as_json:
        show_json({"ok": not failed, "checks": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            _show(finding)
    raise typer.Exit(FAILED if failed else OK)


def _show(finding: Finding) -> None:
    mark, style = MARKS[finding.outcome]
    words = f"skipped: {finding.detail}" if finding.outcome == "skipped" else finding.detail
    show(f"{mark} {finding.check:<9} {words}", style=style)
    if finding.cause:
        show(f"    cause: {finding.cause}")
    if finding.fix:
        show(f"    fix:   {finding.fix}")
