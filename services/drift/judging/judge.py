"""The judge: closed windows in, a report and signals out; remembers troubles of the data and how errors have run."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from services.drift.findings.arriving import ARRIVING, Arriving
from services.drift.findings.broken import broken, degraded
from services.drift.findings.errors import Errors
from services.drift.findings.evidence import Evidence
from services.drift.findings.finding import Finding
from services.drift.findings.mixture import is_mix_of, looks_like_labels
from services.drift.findings.moved import expected_quality, fallen, moved
from services.drift.findings.realised import Realised, figures, findings, realised
from services.drift.findings.reference import Reference
from services.drift.findings.terms import Family, Terms
from services.drift.judging.cause import (
    BRING_BACK,
    LOST,
    Cause,
    action_for,
    explained_by_lost,
    ranked,
    severity_of,
    why_worse,
)
from services.drift.judging.families import heard, marked
from services.drift.judging.judged import Judged
from services.drift.judging.report import blank, judged, rows_of, unjudged
from services.drift.judging.season import Days
from services.drift.judging.telling import Heard, Window, sentence_of, signals
from services.drift.judging.troubles import Troubles
from services.drift.judging.words import Action
from services.drift.sums import Cohort, Inputs


class Moves(NamedTuple):
    """What a day's inputs come to: tests, what a report says besides, what any move is put down to."""

    tests: Sequence[Finding]
    said: dict[str, Any]
    cause: Cause


NOTHING_MOVED = Moves((), {}, "data")


class Bench:
    """Judges windows in the order of the log; see `services.drift.judging.judged.Judge`."""

    def __init__(self, reference: Callable[[str], Reference], terms: Terms, *, code_version: str) -> None:
        self._reference, self._terms, self._code = reference, terms, code_version
        self._troubles, self._errors = Troubles(), Errors(terms)
        self._evidence, self._arriving = Evidence(), Arriving(terms)
        self._days = {"inputs": Days(terms.season), "cohorts": Days(terms.season)}

    def inputs(self, window: Inputs) -> Judged:
        """Whether the data is broken, answers degraded; once a day whether inputs differ, estimated quality is down."""
        reference, terms, served = self._reference(window.digest), self._terms, window.served
        report = blank(window, reference, self._code)
        whole = self._days["inputs"].add(window)
        day = whole if isinstance(whole, Inputs) and whole.seen.rows >= terms.fewest_rows else None
        if max(window.seen.rows, served.total) < terms.fewest_rows and day is None:
            return Judged(unjudged(report, self._too_few(window)), [])
        tests = [degraded(window, terms), *broken(window, reference, terms)]
        alpha, moves = terms.alpha(window.start, window.end), NOTHING_MOVED
        alphas: dict[Family, float] = {"quality": alpha, "serving": alpha}
        if day is not None:
            moves = self._moves(day, reference)
            tests += moves.tests
            if moves.said["estimated"] is not None:
                alphas["estimate"] = terms.alpha(day.start, day.end)
        return self._told(window, report, self._heard_inputs(window, tests, alphas, moves.cause), moves.said)

    def _moves(self, day: Inputs, reference: Reference) -> Moves:
        """What a day's inputs, scores and early labels say."""
        terms, expected = self._terms, expected_quality(day.seen, reference, self._terms)
        tests = moved(day.seen, reference, terms)
        tests += self._evidence.means(day, tests)
        if expected.figure is not None:
            tests.append(fallen(day.seen, reference, terms))
        fired = {one.subject for one in tests if one.place == "inform" and one.fired}
        is_mix = looks_like_labels(day.seen, reference, terms, fired)
        early, found = (None, []) if reference.is_regression else self._arriving.early(day)
        said = {"estimated": expected.record(), "why_no_estimate": expected.why_not, "early": early}
        if early is not None:
            said["labels_against"] = self._arriving.against(day.whose)
        return Moves([*tests, *found], said, "label" if is_mix else "data")

    def _heard_inputs(
        self, window: Inputs, tests: Sequence[Finding], alphas: Mapping[Family, float], moves: Cause
    ) -> Heard:
        verdicts = [heard(family, tests, alpha) for family, alpha in alphas.items()]
        fired = {one.family for one in verdicts if one.fired}
        informs = any(one.place == "inform" and one.fired for one in tests)
        cause: Cause = moves if fired or informs else "none"
        if fired & {"quality", "serving"}:
            cause = "quality" if "quality" in fired else "serving"
            self._troubles.note(window, cause)
        done = marked(tests, verdicts)
        severity = severity_of([one for one in done if one.fired and one.place in fired]) if fired else "info"
        is_told = cause != "none" or any(one.place == "early" and one.fired for one in done)
        action = action_for(cause, None, self._reference(window.digest)) if fired else Action()
        return Heard(
            findings=done,
            verdicts=verdicts,
            cause=cause,
            severity=severity if is_told else "none",
            action=action,
        )

    def cohort(self, window: Cohort) -> Judged:
        """Once a day whether quality fell, whether a gap to the estimate opened, and what is behind it."""
        reference, terms = self._reference(window.digest), self._terms
        self._evidence.hear(window)
        day = self._days["cohorts"].add(window)
        if not isinstance(day, Cohort):
            return Judged(unjudged(blank(window, reference, self._code), "judged with the rest of its day"), [])
        report = blank(day, reference, self._code)
        alarm = self._errors.follow(day, reference)
        if day.known.rows < terms.fewest_rows:
            return Judged(unjudged(report, self._too_few(day)), [])
        found = realised(day.known, reference, terms)
        said: dict[str, Any] = {"realised": found.record(figures(day.known, reference)), "gap": self._gap(found)}
        said["labels_against"] = self._arriving.against(day.whose)
        beside = self._evidence.errors(day, reference)
        tests = [*alarm, *findings(found, day.known, reference, terms), *self._arriving.labels(day), *beside]
        heard = self._heard_cohort(day, tests, found, reference)
        if heard.severity == "none" and self._troubles.within(day) is None:
            self._arriving.learn(day)
        if heard.severity == "none" and not heard.verdicts:
            why = "errors of a regression have no reference yet: watch mae and bias"
            return Judged({**unjudged(report, why), **said}, [])
        return self._told(day, report, heard, said)

    def _heard_cohort(self, window: Cohort, tests: list[Finding], found: Realised, reference: Reference) -> Heard:
        alpha = self._terms.alpha(window.start, window.end)
        verdicts = [heard(one, tests, alpha) for one in ("floor", "gap") if any(test.place == one for test in tests)]
        fired = {one.family for one in verdicts if one.fired}
        informs = {one.test for one in tests if one.place == "inform" and one.fired}
        is_mix = bool(fired or informs) and is_mix_of(found, window.seen, reference, self._terms)
        if not fired:
            cause: Cause = "label" if is_mix or informs & set(ARRIVING) else "data" if informs else "none"
            return Heard(findings=tests, verdicts=verdicts, cause=cause, severity="info" if informs else "none")
        cause = self._troubles.within(window) or why_worse(found, is_open="gap" in fired, is_mix=is_mix)
        is_lost = cause in ("concept", "label") and explained_by_lost(found, tests)
        done = marked(tests, verdicts)
        return Heard(
            findings=done,
            verdicts=verdicts,
            cause="label" if is_lost else cause,
            severity=severity_of([one for one in done if one.fired and one.place in fired]),
            action=BRING_BACK if is_lost else action_for(cause, found, reference),
            why=LOST if is_lost else "",
        )

    def _gap(self, found: Realised) -> dict[str, float] | None:
        gap = found.gap
        if gap is None:
            return None
        return {"gap": gap.value, "error": gap.error, "material": self._terms.material_gap}

    def _too_few(self, window: Window) -> str:
        return f"too few rows: {rows_of(window)}, expected {self._terms.fewest_rows} or more"

    def _told(self, window: Window, report: dict[str, Any], found: Heard, said: Mapping[str, Any]) -> Judged:
        informs = [one for one in found.findings if one.place == "inform"]
        features = ranked(informs, self._reference(window.digest).influence)
        done = judged(
            report,
            found.findings,
            found.verdicts,
            **said,
            cause=found.cause,
            severity=found.severity,
            action=found.action,
            features=features,
            sentence=sentence_of(found, [one["feature"] for one in features]),
        )
        return Judged(done, signals(window, done, found))

    def state(self) -> dict[str, Any]:
        """All that it remembers, JSON-able."""
        days = {kind: one.state() for kind, one in self._days.items()}
        return {
            "troubles": self._troubles.state(),
            "errors": self._errors.state(),
            "evidence": self._evidence.state(),
            "arriving": self._arriving.state(),
            "days": days,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        self._troubles.restore(state["troubles"])
        self._errors.restore(state["errors"])
        self._evidence.restore(state["evidence"])
        self._arriving.restore(state["arriving"])
        for kind, one in self._days.items():
            one.restore(state["days"][kind])
