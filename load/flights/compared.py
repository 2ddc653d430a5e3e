"""The joined table of a replay held against the one computed offline: every row, every count, every figure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from load.flights.joined import (
    ANSWERS,
    JOINED,
    OUTCOMES,
    Difference,
    Patience,
    astray,
    differences,
    expected,
    latest,
    table_of,
)
from load.flights.quality import Quality, disagreements, quality

Record = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Joined:
    """The figures of the table that the outcomes make, and what is wrong with it; at best nothing."""

    quality: Quality
    faults: tuple[str, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """For machines."""
        return {**self.quality.as_data(), "faults": list(self.faults)}


def compared(outcomes: Iterable[Record], answers: Iterable[Record], flights: pa.Table, patience: Patience) -> Joined:
    """The table of `outcomes` held against what `flights` say must become of `answers`, the predictions."""
    told = table_of(outcomes, OUTCOMES)
    found, wanted = latest(told), expected(table_of(answers, ANSWERS), flights, patience)
    assert found.schema == wanted.schema == JOINED  # noqa: S101 - both are made so
    figures = quality(found)
    faults = [
        *_named("joined rows differ from those computed offline", differences(found, wanted)),
        *_named("predictions have outcomes that do not follow each other", list(astray(told))),
        *(f"joined table, {what}" for what in disagreements(figures, quality(wanted))),
    ]
    return Joined(quality=figures, faults=tuple(faults))


def _named(what: str, wrong: list[Difference]) -> Iterator[str]:
    """How many, with the first by the time of its event."""
    if wrong:
        first = min(wrong, key=lambda one: (one.event_time, one.event_id))
        yield f"{len(wrong):,} {what}, the first is {first}"
