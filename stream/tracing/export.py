"""Where spans go: a queue that never fills up nor waits, emptied over OTLP/HTTP by a thread of its own."""

import logging
from collections.abc import Callable, Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from stream.kafka.overdue import within

MOST_WAITING, MOST_AT_ONCE = 2_048, 512
DELAY_MILLIS, ANSWER_SECONDS, CLOSING_SECONDS = 1_000, 3.0, 1.0
PATH = "/v1/traces"
Dropped = Callable[[int], None]
"""Told how many spans were dropped, from any thread."""


class _Sending(SpanExporter):
    """Sends spans and counts them; while the process ends, a receiver that has just failed is not asked again."""

    def __init__(self, exporter: SpanExporter, dropped: Dropped) -> None:
        self._exporter, self._dropped = exporter, dropped
        self.taken = self.settled = 0
        self.is_ending, self._fails = False, False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send these spans; they are dropped where that fails."""
        self.taken += len(spans)
        result = SpanExportResult.FAILURE
        if not (self.is_ending and self._fails):
            result = self._exporter.export(spans)
        self._fails = result is not SpanExportResult.SUCCESS
        if self._fails:
            self._dropped(len(spans))
        self.settled += len(spans)
        return result

    def shutdown(self) -> None:
        """Let go of the connection."""
        self._exporter.shutdown()


class Export(BatchSpanProcessor):
    """Takes spans for the receiver at `endpoint`, http(s)://host[:port]; what it cannot take at once is dropped."""

    def __init__(self, endpoint: str, dropped: Dropped) -> None:
        # What goes wrong here is counted and said once by whoever hears of `dropped`, not for each batch.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        exporter = OTLPSpanExporter(endpoint.rstrip("/") + PATH, timeout=ANSWER_SECONDS)
        self._sending, self._dropped, self._given = _Sending(exporter, dropped), dropped, 0
        super().__init__(self._sending, MOST_WAITING, DELAY_MILLIS, MOST_AT_ONCE)

    def on_end(self, span: ReadableSpan) -> None:
        """Take a span, unless too many wait already."""
        if self._given - self._sending.taken >= MOST_WAITING:
            self._dropped(1)
            return
        self._given += 1
        super().on_end(span)

    def close(self) -> None:
        """Send what waits, for a moment."""
        self._sending.is_ending = True
        try:
            within(CLOSING_SECONDS, self.shutdown)
        except TimeoutError:
            self._dropped(self._given - self._sending.settled)
