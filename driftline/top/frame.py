"""What `driftline top` draws: a running model in tables that fit a terminal."""

from collections.abc import Iterator

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from driftline.alerts.view import happened, to_do
from driftline.drift.view import SPARKS, Line, sparkline
from driftline.shown import printable
from driftline.view import courses
from driftline.view.lanes import lanes
from driftline.view.seen import Seen
from driftline.view.summary import Said, Tone, figures, verdict
from driftline.view.times import stages
from driftline.view.words import count, rate, share, time_span

STYLES: dict[Tone, str] = {"good": "green", "warn": "yellow", "bad": "bold red", "plain": ""}
MOST_ROWS = 6
LEAST_STRENGTH = 2.0
"""Features are listed that a chance of less than one in a hundred stood against lately, or that moved."""


def frame(seen: Seen) -> RenderableType:
    """The whole screen."""
    parts: list[RenderableType] = [_head(seen), *_missing(seen), Text()]
    parts += [_services(seen), Text(), Columns([_flow(seen), _stages(seen), _reasons(seen)], padding=(0, 4))]
    for line in seen.lines:
        parts += [Text(), Columns([_quality(line), _drift(line)], padding=(0, 4))]
    return Group(*parts, Text(), _alerts(seen))


def _head(seen: Seen) -> Text:
    said = verdict(seen)
    bundles = ", ".join(f"version {one.version} {one.digest[:12]}" for one in seen.served)
    first = Text.assemble((_safe(seen.model), "bold"), f"  {_safe(bundles)}  {seen.taken_at:%H:%M:%S} UTC")
    return Text.assemble(
        first, "\nis it still right?  ", (_safe(said.value), STYLES[said.tone]), f"  {_safe(said.note)}"
    )


def _missing(seen: Seen) -> Iterator[Text]:
    yield from (Text(_safe(text), style="yellow") for text in seen.missing)


def _services(seen: Seen) -> Table:
    """A row a service: what it read, made, how it does."""
    table = _table("service", "state", "reads", "now", "makes")
    for lane in lanes(seen):
        state = Text(", ").join(Text(_safe(text), style=STYLES[tone]) for text, tone in lane.states)
        reads = ", ".join(f"{_safe(name)} {value}".strip() for name, value, _ in lane.sources)
        now = ", ".join(note for _, value, note in lane.sources if value and note)
        table.add_row(lane.role, state, Text(reads), Text(now), Text(_safe(lane.result)))
    return table


def _flow(seen: Seen) -> Table:
    """What became of what was read, a row each, with how many a second now."""
    table = _table("became", ">records", ">a second")
    now = seen.rates
    for kind, held in (("events", seen.flow.events), ("outcomes", seen.flow.outcomes)):
        for name, number in held.items():
            if number or name in ("scored", "matched"):
                some = getattr(now, kind).get(name, 0.0) if now else None
                table.add_row(Text(_safe(name)), count(number), "" if some is None else rate(some))
    return table


def _stages(seen: Seen) -> Table:
    """Median and 99th percentile of each stage."""
    table = _table("stage", ">median", ">99 of 100", f"({seen.live.times})" if seen.live else "")
    for one in stages(seen.scraped("scorer")):
        table.add_row(one.name, time_span(one.median), time_span(one.p99))
    return table


def _reasons(seen: Seen) -> Table:
    """The most frequent reasons, with what they led to."""
    table = _table("reason", "led to", ">rows")
    every = [(number, name, kind) for kind, some in seen.reasons.kinds().items() for name, number in some.items()]
    for number, name, kind in sorted(every, reverse=True)[:MOST_ROWS]:
        table.add_row(Text(_safe(name)), kind, count(number))
    return table


def _quality(line: Line) -> Table:
    """What is known of how good the answers are."""
    known, expected = courses.realised(line), courses.estimated(line)
    table = _table(f"quality of version {_safe(line.version)}", "")
    accuracy, rows = courses.overall(known)
    if known:
        last = known[-1]
        table.add_row("realised, all", f"{share(accuracy)} of {count(rows)} labelled rows")
        table.add_row("realised, last window", f"{share(last.realised)}, floor {share(last.floor)}")
        errors = [None if one.realised is None else 1 - one.realised for one in known[-SPARKS:]]
        table.add_row("errors, window by window", sparkline(errors))
        table.add_row("labels there", share(last.coverage))
    if expected:
        last = expected[-1]
        band = f" ({share(last.low)} to {share(last.high)})" if last.estimated is not None else ""
        table.add_row("estimated, last window", f"{share(last.estimated)}{band}")
    return table


def _drift(line: Line) -> Table:
    """The features that stand out, with the course of how unlikely they were."""
    table = _table("feature", "unlikely without a change", ">moved")
    rows: dict[str, list[courses.Cell]] = {}
    for cell in courses.heat(line):
        rows.setdefault(cell.feature, []).append(cell)
    shown = [cells[-SPARKS:] for cells in rows.values()]
    told = [cells for cells in shown if any(one.is_moved or one.strength > LEAST_STRENGTH for one in cells)]
    for cells in told[:MOST_ROWS]:
        moved = sum(one.is_moved for one in cells)
        course = sparkline([one.strength for one in cells])
        table.add_row(Text(_safe(cells[0].feature)), course, f"{moved} of {len(cells)}")
    if not told:
        table.add_row("none", "", "")
    return table


def _alerts(seen: Seen) -> RenderableType:
    if not seen.alerts.open:
        return Text("No alert is open.", style="green")
    table = _table("open alert", "cause", "what happened", "to do")
    styles = {"critical": "bold red", "warning": "yellow", "info": ""}
    for one in seen.alerts.open[:MOST_ROWS]:
        severity = Text(one["severity"], style=styles.get(one["severity"], ""))
        table.add_row(severity, f"{one['group']}: {one['cause']}", Text(happened(one)), Text(to_do(one)))
    return table


def _table(*headings: str) -> Table:
    """Without lines; a heading that begins with > stands at the right, as its numbers do."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for heading in headings:
        table.add_column(Text(heading.removeprefix(">")), justify="right" if heading.startswith(">") else "left")
    return table


def _safe(text: str) -> str:
    """What data says, unable to upset a terminal."""
    return printable(text.replace("\N{NO-BREAK SPACE}", " "))


def line_of(seen: Seen) -> str:
    """One look in one line, for a pipe."""
    now = seen.rates
    lag = ", ".join(f"{role} {count(n)}" for role, n in seen.live.lag.items()) if seen.live else ""
    going = f"events {rate(now.read)}, outcomes {rate(sum(now.outcomes.values()))}; " if now else ""
    told = "; ".join(_told(one) for one in figures(seen))
    said = verdict(seen)
    trouble = "".join(f"; {_safe(text)}" for text in seen.missing)
    moved = sorted({feature for line in seen.lines for feature in courses.moved_last(line)})
    drift = f"; moved in the last window: {', '.join(map(_safe, moved))}" if moved else ""
    return f"{seen.taken_at:%H:%M:%S} {going}behind: {lag or 'not known'}; {told}{drift}; {_safe(said.value)}{trouble}"


def _told(one: Said) -> str:
    return _safe(f"{one.name} {one.value}")
