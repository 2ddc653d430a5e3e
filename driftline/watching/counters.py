"""What the services count, as flows, rates, reasons and lag: pure, from samples that were scraped."""

from collections.abc import Mapping

from driftline.view.seen import Flow, Reasons, Role
from stream.telemetry.scrape import Scraped

Metrics = Mapping[Role, Scraped]
TIMED = ("_bucket", "_count", "_sum")
RESTS_AT = 1
"""Behind the last record of a partition written in transactions stands a marker that nobody reads."""


def flow_of(metrics: Metrics) -> Flow:
    """How many records went which way since the services started."""
    scorer, labeler = (metrics.get(role, Scraped({})) for role in ("scorer", "labeler"))
    labels = labeler.by("driftline_labels_total", "result")
    return Flow(
        events=scorer.by("driftline_events_total", "outcome"),
        # An early label was counted when it came; one that nobody claimed is told again when it leaves.
        labels=sum(number for result, number in labels.items() if result != "orphan"),
        outcomes=labeler.by("driftline_outcomes_total", "status"),
        dead={
            "features": scorer.value("driftline_events_total", outcome="dead"),
            "labels": labeler.value("driftline_events_total", outcome="dead"),
        },
    )


def rates(before: Flow, after: Flow, seconds: float) -> Flow:
    """So many a second between two looks; a service that started anew in between counts from nothing."""

    def each(old: Mapping[str, float], new: Mapping[str, float]) -> dict[str, float]:
        return {name: _rise(old.get(name, 0), number) / seconds for name, number in new.items()}

    return Flow(
        events=each(before.events, after.events),
        labels=_rise(before.labels, after.labels) / seconds,
        outcomes=each(before.outcomes, after.outcomes),
        dead=each(before.dead, after.dead),
    )


def _rise(before: float, after: float) -> float:
    return after - before if after >= before else after


def between(before: Metrics, after: Metrics) -> dict[Role, Scraped]:
    """The histograms of what happened between two looks, by role."""
    return {
        role: Scraped(
            {
                key: _rise(before[role].samples.get(key, 0.0) if role in before else 0.0, value)
                for key, value in found.samples.items()
                if key[0].endswith(TIMED)
            }
        )
        for role, found in after.items()
    }


def reasons_of(metrics: Metrics) -> Reasons:
    """Why rows were refused, set aside, answered by a stand-in or marked, since the services started."""
    scorer, labeler = (metrics.get(role, Scraped({})) for role in ("scorer", "labeler"))
    dead = [one.by("driftline_dead_letters_total", "reason") for one in (scorer, labeler)]
    return Reasons(
        rejected=_whole(scorer.by("driftline_rejects_total", "reason")),
        dead=_whole({reason: sum(one.get(reason, 0) for one in dead) for reason in {**dead[0], **dead[1]}}),
        degraded=_whole(scorer.by("driftline_degraded_total", "reason")),
        marked=_whole(scorer.by("driftline_marks_total", "reason")),
    )


def _whole(counts: Mapping[str, float]) -> dict[str, int]:
    return {reason: int(number) for reason, number in counts.items()}


def lag_of(metrics: Metrics) -> dict[str, float]:
    """How many records each role is behind."""
    return {
        role: sum(
            value for (name, _), value in found.samples.items() if name == "driftline_lag_messages" and value > RESTS_AT
        )
        for role, found in metrics.items()
    }
