"""Which trace an outcome belongs to: that of its prediction, whose context is remembered until the label comes."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

from services.labeler.arrivals import Arrivals
from stream.records import Headers, Writes
from stream.tracing.spans import MOST_LINKS, Carried, Spans

MOST_EVENTS = 10_000
"""So many traced events are remembered, the latest; of others, and after a restart, outcomes carry no trace."""


class Threads:
    """Contexts of predictions, then of labels, by event."""

    def __init__(self, spans: Spans) -> None:
        self._spans = spans
        self._events: OrderedDict[tuple[int, bytes], dict[str, Carried]] = OrderedDict()

    def heard(self, topic: str, rows: Arrivals) -> None:
        """Remember what these predictions, or labels, of the open batch carry."""
        for at, context in self._spans.carried(topic, rows.partitions, rows.offsets).items():
            who = int(rows.partitions[at]), rows.ids[at]
            self._events.setdefault(who, {})[topic] = context
            self._events.move_to_end(who)
        while len(self._events) > MOST_EVENTS:
            self._events.popitem(last=False)

    def onto(self, outcomes: Writes, ids: Sequence[bytes], predictions: str) -> Writes:
        """The same outcomes; those of remembered events carry the trace of what came from `predictions`, or else on."""
        who = zip(outcomes.partitions, ids, strict=True) if self._events else ()
        known = {at: self._events[one] for at, one in enumerate(who) if one in self._events}
        if not known:
            return outcomes
        headers: list[Headers | None] = [None] * len(outcomes.values)
        for at, said in list(known.items())[:MOST_LINKS]:
            every = list(said.values())
            headers[at] = self._spans.created(outcomes.topic, said.get(predictions, every[0]), every)
        return replace(outcomes, headers=headers)
