"""What a soak ends with: a table for people, a document for programs."""

import json
from collections.abc import Iterator

from tests.faults.soak.run import Outcome

KILLS, TERMS, STOPS = ("kill", "visit"), ("terminate", "join"), ("freeze", "zombie")
BROKER = ("kill broker", "freeze broker", "fill disk")
WIRES = ("stall", "cut", "mute", "blackout", "delay", "reset")


def table(outcome: Outcome) -> str:
    """Two columns of text; counts of what was not proven are marked."""
    rows = list(_rows(outcome))
    wide = max(len(name) for name, _ in rows)
    return "\n".join(["", *(f"  {name:<{wide}}  {said}" for name, said in rows), ""])


def document(outcome: Outcome) -> str:
    """Everything that is known of a soak, as JSON."""
    said = {**vars(outcome), "findings": vars(outcome.findings), "holds": outcome.holds}
    return json.dumps(said, indent=1) + "\n"


def _rows(outcome: Outcome) -> Iterator[tuple[str, str]]:
    done, found = outcome.done, outcome.findings
    unproven = "" if outcome.is_proven else " (not proven)"
    yield "seed", str(outcome.seed)
    yield "duration", f"{outcome.seconds:.0f} s of faults, {outcome.wall_seconds:.0f} s in all"
    yield "events", f"{outcome.events:,}"
    for word, count in found.answered.items():
        yield f"  {word}", f"{count:,}"
    yield "kill -9 of scorers", _sum(outcome, KILLS)
    yield "SIGTERM to scorers", f"{_sum(outcome, TERMS)}, the slowest took {outcome.slowest_stop_seconds:.1f} s"
    yield "SIGSTOP of scorers", f"{_sum(outcome, STOPS)}, {done['zombie']} of them past the session"
    yield "fourth member", _sum(outcome, ("join", "visit"))
    yield "ids hijacked", str(done["hijack"])
    yield "lives of scorers", f"{outcome.lives}, of which {sum(outcome.why.values())} ended by themselves"
    yield "rebalances", f"{outcome.told['rebalances']} assignments"
    yield "aborts", f"{outcome.told['aborts']}, and {outcome.told['producers made anew']} producers made anew"
    yield "broker", ", ".join(f"{name.split()[0]} {done[name]}" for name in BROKER)
    yield "markers left out", f"{outcome.told['markers left out']} times by the broker"
    yield "wires", ", ".join(f"{name} {done[name]}" for name in WIRES)
    yield "letters denied", str(done["deny letters"])
    yield "whims", ", ".join(f"{name} {done[name]}" for name in ("abort", "slow", "clock", "burst"))
    if outcome.left_out:
        yield "not possible then", ", ".join(f"{name} {count}" for name, count in sorted(outcome.left_out.items()))
    yield "longest stall", f"{outcome.longest_stall_seconds:.1f} s, from {outcome.stalled_at_seconds:.0f} s on"
    yield "drained after", f"{outcome.drained_seconds:.1f} s of peace"
    yield "largest scorer", f"{outcome.largest_resident_bytes / 1e6:.0f} MB resident"
    yield "duplicates", f"{found.duplicates}{unproven}"
    yield "lost", f"{found.lost}{unproven}"
    yield "ledger", outcome.ledger
    yield "result", "held" if outcome.holds else "DID NOT HOLD" if outcome.faults else "told to stop, nothing proven"
    for why, count in outcome.why.most_common():
        yield f"  ended {count} times", why


def _sum(outcome: Outcome, deeds: tuple[str, ...]) -> str:
    return str(sum(outcome.done[deed] for deed in deeds))
