"""Who tells of a service's loop as traces: nobody, unless it is told where they go."""

from collections.abc import Callable, Collection
from importlib.metadata import version

from services.start.settings import ServiceSettings
from stream.telemetry.served import Service
from stream.tracing.spans import Spans


def spans_of(
    told: ServiceSettings,
    service: Service,
    *,
    group: str,
    instance: str,
    dropped: Callable[[int], None],
    results: Collection[str] = (),
    summaries: Collection[str] = (),
    always: Collection[str] = (),
) -> Spans | None:
    """What keeps the spans of this process, `instance` of `service`; None where traces are off.

    Topics whose records batches result in are `results`, those that sum up a transaction `summaries`; every record of
    those in `always` is traced.
    """
    if told.otlp_endpoint is None:
        return None
    from stream.tracing.convention import Who  # noqa: PLC0415 - OpenTelemetry is imported only where it is used
    from stream.tracing.export import Export  # noqa: PLC0415 - as above
    from stream.tracing.traces import Telling, Traces  # noqa: PLC0415 - as above

    return Traces(
        Who(service=service, version=version("driftline"), instance=instance, group=group),
        Telling(
            ratio=told.trace_ratio,
            results=frozenset(results),
            summaries=frozenset(summaries),
            always=frozenset(always),
        ),
        Export(told.otlp_endpoint, dropped),
    )
