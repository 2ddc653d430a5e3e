"""A receiver of traces in this process: OTLP over HTTP, its protobuf parsed by OpenTelemetry's own messages."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from services.start.settings import ServiceSettings
from services.start.tracing import spans_of
from stream.telemetry.served import Service
from stream.tracing.spans import Spans

PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Seen:
    """One span as it came: ids in hexadecimal, `links` as (trace, span), `about` what its process says of itself."""

    name: str
    kind: str
    trace: str
    id: str
    parent: str
    links: tuple[tuple[str, str], ...]
    attributes: Mapping[str, Any]
    about: Mapping[str, Any]
    schema: str
    failed: bool
    nanos: tuple[int, int]


class Receiver:
    """Keeps every span it was sent; answers with `status`, after `pause` if that is given."""

    def __init__(self) -> None:
        self.spans: list[Seen] = []
        self.requests = 0
        self.status = 200
        self.pause: Callable[[], object] = bool
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *given: _Request(self, *given))
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def took(self, body: bytes) -> None:
        """Keep the spans of a request."""
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            about = _plain(resource.resource.attributes)
            for scope in resource.scope_spans:
                self.spans += [_seen(span, about, scope.schema_url) for span in scope.spans]

    def named(self, name: str) -> list[Seen]:
        """The spans of one name."""
        return [span for span in list(self.spans) if span.name == name]

    def wait(self, so: Callable[[], bool]) -> None:
        """Return once `so()`."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not so():
            assert time.monotonic() < deadline, [span.name for span in self.spans]
            time.sleep(0.02)


def _seen(span: Any, about: Mapping[str, Any], schema: str) -> Seen:
    return Seen(
        name=span.name,
        kind=Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        links=tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
        attributes=_plain(span.attributes),
        about=about,
        schema=schema,
        failed=span.status.code == 2,
        nanos=(span.start_time_unix_nano, span.end_time_unix_nano),
    )


def _plain(attributes: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, str(one.value.WhichOneof("value"))) for one in attributes}


class _Request(BaseHTTPRequestHandler):
    def __init__(self, receiver: Receiver, *given: Any) -> None:
        self._receiver = receiver
        super().__init__(*given)

    def do_POST(self) -> None:
        """Take a request for /v1/traces."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._receiver.requests += 1
        self._receiver.pause()
        if self.path != "/v1/traces" or self.headers["Content-Type"] != "application/x-protobuf":
            self.send_error(404)
            return
        if self._receiver.status == 200:
            self._receiver.took(body)
        self.send_response(self._receiver.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_given: object) -> None:
        """Nobody reads it."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver for the block."""
    receiver = Receiver()
    try:
        yield receiver
    finally:
        receiver.close()


def telling(receiver: Receiver, settings: ServiceSettings, service: Service, **topics: list[str]) -> Spans:
    """What a service keeps its spans with once it is told of `receiver`; by chance none, or all where so told."""
    ratio = settings.trace_ratio if settings.trace_ratio == 1 else 0.0
    told = settings.model_copy(update={"otlp_endpoint": receiver.endpoint, "trace_ratio": ratio})
    spans = spans_of(told, service, group="g", instance="s", dropped=lambda _count: None, **topics)
    assert spans is not None
    return spans
