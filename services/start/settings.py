"""The settings that every service has, by the same names, with the same bounds."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings


class ServiceSettings(BaseSettings):
    """What any service process is told; each adds its own, and says with which prefix its variables begin."""

    brokers: Annotated[str, Field(min_length=1)]
    """Kafka's bootstrap servers, host:port[,host:port]."""
    redis_config: Path | None = None
    """A file of key=value lines for Redis: username, password, TLS."""
    state: Path | None = None
    """A directory of this slot's own that outlives the process: schema pins, models that killed a scorer."""
    schemas: Path | None = None
    """A directory of `<id>.avsc` files; the alternative to a registry."""
    registry_url: str | None = None
    """A Confluent-compatible Schema Registry, http(s)://host[:port]; who we are stands in registry_config."""
    registry_config: Path | None = None
    """A file of key=value lines for the registry client: credentials, TLS."""
    schema_pins: Path | None = None
    """A file that remembers which schema each id named; by default one in `state`, if that is given."""
    register_schemas: bool = False
    """Register our own schemas when they are missing; on in the local stack only."""
    kafka_config: Path | None = None
    """A file of key=value librdkafka properties: TLS, SASL, times and sizes; what the promises need it cannot undo."""
    prefix: str = ""
    """Put before every topic's default name."""
    predictions_topic: str | None = None
    """The topic of predictions, if not {prefix}{model}.predictions."""
    profiles_topic: str | None = None
    """Where profiles go, if not {prefix}{model}.profiles."""
    group: str | None = None
    """The consumer group, if not {prefix}{model}. and the service's name."""
    slot: str | None = None
    """A name that one live process at a time holds; without it membership is dynamic."""
    begin: Literal["earliest", "latest", "refuse"] = "refuse"
    """Where to begin in a partition this group never read."""
    commit_millis: Annotated[int, Field(ge=1, le=5_000)] = 100
    """Longest a transaction stays open under load; ten times as long where a scorer has 20,000 events to read."""
    quiet_millis: Annotated[int, Field(ge=0, le=5_000)] = 10
    """Shortest time between two commits when the input is drained; no early ones are made at least once."""
    heartbeat_seconds: Annotated[float, Field(gt=0, le=600)] = 5.0
    """An idle service accounts for itself this often."""
    profile_bytes: Annotated[int, Field(ge=10_000, le=900_000)] = 524_288
    """Largest part of a profile."""
    dead_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Stop when more than this share of the last dead_window records cannot be read; 1.0 never stops."""
    dead_window: Annotated[int, Field(ge=10, le=1_000_000)] = 1_000
    """Over how many records the share is taken; fewer are not judged by it."""
    dead_consecutive: Annotated[int, Field(ge=0)] = 1_000
    """Stop when so many records in a row cannot be read; 0 never stops."""
    otlp_endpoint: Annotated[str, Field(pattern="^https?://[^@]+$")] | None = None
    """Where traces go: an OTLP/HTTP receiver, http(s)://host[:port]; none = no traces. The notifier sends none."""
    trace_ratio: Annotated[float, Field(ge=0, le=1)] = 0.01
    """The share of batches that are traced besides those that hold an event whose producer traces it."""
    admin_host: str = "127.0.0.1"
    """Where /metrics, /livez and /readyz listen."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least that is logged."""

    @field_validator("otlp_endpoint", mode="before")
    @classmethod
    def _said(cls, value: object) -> object:
        """An empty variable says nothing: a file of settings can hold its name."""
        return value or None
