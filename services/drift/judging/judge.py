"""The judge: closed windows in, a report and signals out; remembers troubles of the data and how errors have run."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.drift.findings.broken import broken, degraded
from services.drift.findings.errors import Errors
from services.drift.findings.evidence import Evidence
from services.drift.findings.finding import Finding
from services.drift.findings.mixture import is_mix_of, looks_like_labels
from services.drift.findings.moved import expected_quality, fallen, moved
from services.drift.findings.realised import Realised, figures, findings, realised
from services.drift.findings.reference import Reference
from services.drift.findings.terms import Family, Terms
from services.drift.judging.cause import Action, Cause, action_for, ranked, severity_of, why_worse
from services.drift.judging.families import heard, marked
from services.drift.judging.judged import Judged
from services.drift.judging.report import blank, judged, rows_of, unjudged
from services.drift.judging.season import Days
from services.drift.judging.telling import Heard, Window, sentence_of, signals
from services.drift.judging.troubles import Troubles
from services.drift.sums import Cohort, Inputs


class Bench:
    """Judges windows in the order of the log; see `services.drift.judging.judged.Judge`."""

    def __init__(self, reference: Callable[[str], Reference], terms: Terms, *, code_version: str) -> None:
        self._reference, self._terms, self._code = reference, terms, code_version
        self._troubles, self._errors = Troubles(), Errors(terms)
        self._evidence = Evidence()
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
        is_mix = False
        alpha = terms.alpha(window.start, window.end)
        alphas: dict[Family, float] = {"quality": alpha, "serving": alpha}
        said: dict[str, Any] = {}
        if day is not None:
            expected = expected_quality(day.seen, reference, terms)
            said = {"estimated": expected.record(), "why_no_estimate": expected.why_not}
            tests += moved(day.seen, reference, terms)
            tests += self._evidence.means(day, tests)
            if expected.figure is not None:
                tests.append(fallen(day.seen, reference, terms))
                alphas["estimate"] = terms.alpha(day.start, day.end)
            fired = {one.subject for one in tests if one.place == "inform" and one.fired}
            is_mix = looks_like_labels(day.seen, reference, terms, fired)
        moves: Cause = "label" if is_mix else "data"
        return self._told(window, report, self._heard_inputs(window, tests, alphas, moves), said)

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
        action = action_for(cause, None, self._reference(window.digest)) if fired else Action()
        return Heard(
            findings=done,
            verdicts=verdicts,
            cause=cause,
            severity=severity if cause != "none" else "none",
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
        said = {"realised": found.record(figures(day.known, reference)), "gap": self._gap(found)}
        beside = self._evidence.errors(day, reference)
        tests = [*alarm, *findings(found, day.known, reference, terms), *beside]
        if not any(one.place in ("floor", "gap") for one in tests):
            why = "errors of a regression have no reference yet: watch mae and bias"
            return Judged({**unjudged(report, why), **said}, [])
        return self._told(day, report, self._heard_cohort(day, tests, found, reference), said)

    def _heard_cohort(self, window: Cohort, tests: list[Finding], found: Realised, reference: Reference) -> Heard:
        alpha = self._terms.alpha(window.start, window.end)
        verdicts = [heard(one, tests, alpha) for one in ("floor", "gap") if any(test.place == one for test in tests)]
        fired = {one.family for one in verdicts if one.fired}
        if not fired:
            informs = any(one.place == "inform" and one.fired for one in tests)
            is_mix = informs and is_mix_of(found, window.seen, reference, self._terms)
            cause: Cause = "label" if is_mix else "data" if informs else "none"
            return Heard(findings=tests, verdicts=verdicts, cause=cause, severity="info" if informs else "none")
        is_mix = is_mix_of(found, window.seen, reference, self._terms)
        cause = self._troubles.within(window) or why_worse(found, is_open="gap" in fired, is_mix=is_mix)
        done = marked(tests, verdicts)
        return Heard(
            findings=done,
            verdicts=verdicts,
            cause=cause,
            severity=severity_of([one for one in done if one.fired and one.place in fired]),
            action=action_for(cause, found, reference),
        )

    def _gap(self, found: Realised) -> dict[str, float] | None:
        gap = found.gap
        if gap is None:
            return None
        return {"gap": gap.value, "error": gap.error, "material": self._terms.material_gap}

    def _too_few(self, window: Window) -> str:
        return f"too few rows: {rows_of(window)}, expected {self._terms.fewest_rows} or more"

    def _told(self, window: Window, report: dict[str, Any], found: Heard, said: Mapping[str, Any]) -> Judged:
        features = ranked([one for one in found.findings if one.place == "inform"])
        done = judged(
            report,
            found.findings,
            found.verdicts,
            **said,
            cause=found.cause,
            severity=found.severity,
            action=found.action,
            features=features,
            sentence=sentence_of(found),
        )
        return Judged(done, signals(window, done, found))

    def state(self) -> dict[str, Any]:
        """All that it remembers, JSON-able."""
        days = {kind: one.state() for kind, one in self._days.items()}
        return {
            "troubles": self._troubles.state(),
            "errors": self._errors.state(),
            "evidence": self._evidence.state(),
            "days": days,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        self._troubles.restore(state["troubles"])
        self._errors.restore(state["errors"])
        self._evidence.restore(state["evidence"])
        for kind, one in self._days.items():
            one.restore(state["days"][kind])
