"""What `driftline doctor` looks at in clocks: the broker's stamps of the profile log beside what its writers say."""

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from driftline.output import Refusal
from driftline.patient import Patient, Skipped
from stream.faults import Stopped

MOST_SECONDS = 2.0
"""So far a clock may be off: events may lie a little in the future, and timeouts are longer than that."""
BACK = 500
"""So many of the latest profiles are looked at: minutes, where nothing else is said than that a service lives."""


def clocks(patient: Patient) -> str:
    """Whether the services' clocks, and this machine's, agree with the broker's."""
    patient.needs("profiles")
    said: dict[str, list[tuple[float, float]]] = {}
    try:
        for model in patient.models:
            for writer, pair in _stamps(patient.brokers or "", model, patient.prefix):
                said.setdefault(writer, []).append(pair)
    except Stopped as stopped:
        raise Refusal(stopped.what, cause=stopped.cause, fix=stopped.fix) from stopped
    if not said:
        raise Skipped("no service has written to the profile log yet")
    return verdict(said, time.time())


def _stamps(brokers: str, model: str, prefix: str) -> Iterable[tuple[str, tuple[float, float]]]:
    """Of each profile its writer, when the broker took it and when it says that it was written, Unix seconds."""
    from schemas.records import RecordRefused, read_record  # noqa: PLC0415 - half a second
    from schemas.topics import topic_name  # noqa: PLC0415 - same
    from stream.kafka.scan import edges, scan  # noqa: PLC0415 - same

    topic = topic_name(model, "profiles", prefix=prefix)
    kept = edges(brokers, [topic])
    start = {place: max(first, end - BACK) for place, (first, end) in kept.items()}
    for batch in scan(brokers, [topic], start=start, end={place: end for place, (_, end) in kept.items()}):
        for value, stamp in zip(batch.values, batch.timestamps.tolist(), strict=True):
            with suppress(RecordRefused):
                found = read_record("profile", value or b"", fields=("writer", "written_at"))
                yield str(found["writer"]), (stamp / 1e3, found["written_at"] / 1e6)


def verdict(said: Mapping[str, Sequence[tuple[float, float]]], now: float) -> str:
    """What each writer's pairs mean, (taken by the broker, written by its own clock), Unix seconds.

    A record is taken some time after it was written: of all of a writer's the one that was quickest tells how far its
    clock is behind. What the broker took cannot lie in the future of `now`. Raises Refusal for a clock that is off.
    """
    behind = {writer: min(taken - written for taken, written in pairs) for writer, pairs in said.items()}
    behind["this machine"] = max(0.0, max(taken for pairs in said.values() for taken, _ in pairs) - now)
    writer, worst = max(behind.items(), key=lambda one: abs(one[1]))
    if abs(worst) > MOST_SECONDS:
        way = "behind" if worst > 0 else "ahead of"
        raise Refusal(
            f"the clock of {writer} is {abs(worst):,.1f} s {way} the broker's",
            cause=f"the times that the broker gives its records differ from its own by more than {MOST_SECONDS:g} s",
            fix="let one time service (NTP) set the clocks of all machines, the brokers' too",
        )
    return f"{', '.join(sorted(said))} and this machine agree with the broker's clock within {MOST_SECONDS:g} s"
