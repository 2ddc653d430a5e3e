"""The whole in a few words: is the model still right, the figures that matter first."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from driftline.alerts.view import happened, to_do
from driftline.drift.view import Line, judged
from driftline.view.courses import overall, realised
from driftline.view.seen import Seen
from driftline.view.times import WHOLE, stages
from driftline.view.words import count, day, share, time_span
from services.drift.judging.words import WORDS

Tone = Literal["good", "warn", "bad", "plain"]
TONES: dict[str, Tone] = {"critical": "bad", "warning": "warn", "info": "plain", "none": "good"}


@dataclass(frozen=True, kw_only=True)
class Said:
    """A figure, or a verdict: its name, what it is, a word on it, how glad one may be."""

    name: str
    value: str
    note: str = ""
    tone: Tone = "plain"


def verdict(seen: Seen) -> Said:
    """Whether the model is still right, as far as anybody can tell."""
    paging = [one for one in seen.alerts.open if one["severity"] != "info"]
    if paging:
        worst = paging[0]
        tone = TONES[worst["severity"]]
        value = f"{'No' if tone == 'bad' else 'Perhaps not'}: {WORDS.get(worst['cause'], 'it is not as it was')}"
        return Said(name=worst["cause"], value=value, note=f"{happened(worst)}. To do: {to_do(worst)}.", tone=tone)
    judged_now = [one for line in seen.lines for one in judged(line.cohorts)]
    if judged_now:
        last = max(judged_now, key=lambda one: int(one["end"]))
        note = f"No alert that pages is open; labels judged until {day(last['end'])}."
        return Said(name="quality", value="Yes, as far as the labels tell", note=note, tone="good")
    if any(judged(line.inputs) for line in seen.lines):
        note = "Inputs are judged; no window of labels has passed its horizon yet."
        return Said(name="quality", value="Inputs only so far", note=note)
    return Said(name="quality", value="Not known yet", note="No window has been judged.")


def figures(seen: Seen) -> list[Said]:
    """What one looks at first."""
    return [*_flow(seen), *_accounts(seen), *_time(seen), *_quality(seen), _alerts(seen)]


def _flow(seen: Seen) -> Iterator[Said]:
    flow = seen.flow
    model = flow.events.get("scored", 0)
    note = f"{share(model / flow.read)} by the model" if flow.read else "no event yet"
    yield Said(name="events answered", value=count(flow.answered), note=note)
    refused = flow.events.get("rejected", 0) + flow.events.get("dead", 0)
    dead = f"{count(flow.events.get('dead', 0))} of them dead letters"
    yield Said(name="refused", value=count(refused), note=dead)


def _accounts(seen: Seen) -> Iterator[Said]:
    if seen.accounts:
        off = [one for one in seen.accounts if one.status != "balanced"]
        tone: Tone = "good" if not off else "bad" if any(one.status == "broken" for one in off) else "warn"
        roles = ", ".join(one.role for one in off or seen.accounts)
        status = off[0].status if off else "balanced"
        note = off[0].detail if off else f"{roles}: nothing lost, nothing doubled"
        yield Said(name="ledger", value=status, note=note, tone=tone)


def _time(seen: Seen) -> Iterator[Said]:
    for one in stages(seen.scraped("scorer")):
        if one.name == WHOLE:
            yield Said(name=WHOLE, value=time_span(one.median), note=f"99 of 100 within {time_span(one.p99)}")


def _quality(seen: Seen) -> Iterator[Said]:
    for line in seen.lines:
        points = realised(line)
        accuracy, rows = overall(points)
        if accuracy is not None:
            last = points[-1]
            # One window below the floor is no alarm yet: whether it lasts is for the sidecar to say.
            tone: Tone = "warn" if _is_below(last.realised, last.floor) else "good"
            name = "accuracy realised" if len(seen.lines) == 1 else f"accuracy, {_who(line)}"
            note = f"{share(last.realised)} in the last window, floor {share(last.floor)}; {count(rows)} labelled rows"
            yield Said(name=name, value=share(accuracy), note=note, tone=tone)
    if seen.flow.outcomes:
        answered = seen.flow.answered
        labelled = sum(n for status, n in seen.flow.outcomes.items() if status.startswith("matched"))
        note = "of the answered events have a label"
        yield Said(name="coverage", value=share(min(1.0, labelled / answered) if answered else None), note=note)


def _is_below(found: float | None, floor: float | None) -> bool:
    return found is not None and floor is not None and found < floor


def _alerts(seen: Seen) -> Said:
    found = seen.alerts
    worst = TONES[found.open[0]["severity"]] if found.open else "good"
    return Said(name="alerts open", value=str(len(found.open)), note=f"{len(found.resolved)} resolved", tone=worst)


def _who(line: Line) -> str:
    return f"version {line.version}" + ("" if line.arm == "champion" else f", {line.arm}")
