"""Spans as the semantic conventions for messaging, version 1.44, name them, with the W3C headers that carry them on."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from stream.records import Headers
from stream.tracing.spans import MOST_LINKS

SCHEMA = "https://opentelemetry.io/schemas/1.44.0"
TYPES = {"poll": "receive", "process": "process", "create": "create", "send": "send", "commit": "settle"}
"""The type of each operation."""
OF_GROUPS = {"poll", "process", "commit"}
W3C = TraceContextTextMapPropagator()


@dataclass(frozen=True, kw_only=True)
class Who:
    """Whose spans these are: the service with its version, the process, its group."""

    service: str
    version: str
    instance: str
    group: str


class Convention:
    """Starts spans; all that it starts are kept, whether any is to be is decided before."""

    def __init__(self, who: Who, processor: SpanProcessor) -> None:
        about = {"service.name": f"driftline-{who.service}", "service.namespace": "driftline"}
        about |= {"service.version": who.version, "service.instance.id": who.instance}
        provider = TracerProvider(ALWAYS_ON, Resource.create(about), shutdown_on_exit=False)
        provider.add_span_processor(processor)
        self._tracer = provider.get_tracer("driftline", who.version, schema_url=SCHEMA)
        self._group = who.group

    def start(
        self,
        operation: str,
        topics: Sequence[str],
        *,
        kind: SpanKind = SpanKind.CLIENT,
        parent: SpanContext | None = None,
        links: Sequence[SpanContext] = (),
        began: int | None = None,
        more: Mapping[str, str | int] | None = None,
    ) -> Span:
        """A span with `more` said of its messages; one of several topics is named after none of them."""
        said: dict[str, str | int] = {"messaging.system": "kafka", "messaging.operation.name": operation}
        said["messaging.operation.type"] = TYPES[operation]
        said |= {"messaging.consumer.group.name": self._group} if operation in OF_GROUPS else {}
        said |= {"messaging.destination.name": topics[0]} if len(topics) == 1 else {}
        said |= {f"messaging.{name}": value for name, value in (more or {}).items()}
        name = f"{operation} {topics[0]}" if len(topics) == 1 else operation
        context = Context() if parent is None else set_span_in_context(NonRecordingSpan(parent), Context())
        return self._tracer.start_span(name, context, kind, said, [Link(one) for one in links[:MOST_LINKS]], began)


def context_of(said: Mapping[str, str]) -> SpanContext | None:
    """The context that W3C headers carry; None for what is none."""
    found = get_current_span(W3C.extract(said, Context())).get_span_context()
    return found if found.is_valid else None


def headers_of(span: Span) -> Headers:
    """The W3C headers of a record that carries the span on."""
    said: dict[str, str] = {}
    W3C.inject(said, set_span_in_context(span, Context()))
    return [(name, value.encode()) for name, value in said.items()]


def failed(span: Span, why: str) -> None:
    """Say the class of an error, nothing else of it: its words might hold what records say."""
    span.set_attribute("error.type", why)
    span.set_status(StatusCode.ERROR)


@contextmanager
def until_done(span: Span) -> Iterator[None]:
    """End the span with the block, as failed where that raises."""
    try:
        yield
    except BaseException as error:
        failed(span, type(error).__name__)
        raise
    finally:
        span.end()
