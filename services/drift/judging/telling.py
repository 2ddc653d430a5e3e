"""What a judged window says to people and to the alerts: one sentence, a signal for each family."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.drift.alerting.signal import Signal
from services.drift.findings.arriving import ARRIVING
from services.drift.findings.finding import Finding, Verdict
from services.drift.judging.cause import Cause, Severity
from services.drift.judging.words import WORDS, Action, in_words
from services.drift.sums import Cohort, Inputs

Window = Inputs | Cohort
OTHERWISE = "labels come otherwise than before, which says nothing of what they mean"
NOTHING = Action()


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What a window's tests came to."""

    findings: Sequence[Finding]
    verdicts: Sequence[Verdict]
    cause: Cause
    severity: Severity
    action: Action = NOTHING
    why: str = ""
    """In words, where the cause alone says too little."""


def sentence_of(found: Heard, names: Sequence[str]) -> str:
    """What happened, in one line: what carried it, then what is behind it; `names` of the features that moved."""
    carried = [one.carried_by.what for one in found.verdicts if one.fired and one.carried_by is not None]
    if carried:
        return f"{'; '.join(carried)}: {found.why or WORDS.get(found.cause, found.cause)}"
    informing = [one for one in found.findings if one.place == "inform" and one.fired]
    if informing and found.cause == "label":
        led = [one for one in informing if one.test not in ARRIVING] or informing
        return f"{led[0].what}: {WORDS['label'] if led[0].test not in ARRIVING else OTHERWISE}"
    if names:
        rest = f" and {len(names) - 3} more" if len(names) > 3 else ""  # noqa: PLR2004 - three are read at a glance
        return f"{', '.join(names[:3])}{rest} moved; estimated quality did not materially"
    early = [one.what for one in found.findings if one.place == "early" and one.fired]
    return f"{early[0]}: not judged before they are ripe" if early else "nothing moved that matters"


def signals(window: Window, report: Mapping[str, Any], found: Heard) -> list[Signal]:
    """One a family that was judged, and what informs: of inputs that it does not, too, of a cohort that it does."""
    places: list[tuple[Any, bool, float, Severity]] = [
        (one.family, one.fired, one.alpha, found.severity) for one in found.verdicts
    ]
    informing = [one.fired for one in found.findings if one.place == "inform"]
    if any(informing) or (informing and isinstance(window, Inputs)):
        places.append(("inform", any(informing), 0.0, "info"))
    return [
        Signal(
            model_version=window.version,
            arm=window.arm,
            family=family,
            cause=found.cause if fired else "none",
            severity=severity if fired and severity != "none" else "info",
            fired=fired,
            sentence=report["sentence"],
            action=in_words(report["action"]) if family != "inform" else "none",
            features=tuple(one["feature"] for one in report["features"]),
            report_id=report["report_id"],
            start=window.start,
            end=window.end,
            spent=alpha,
        )
        for family, fired, alpha, severity in places
    ]
