"""The scorer's settings, read from SCORER_* variables; an unknown one is an error."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.topics import topic_name
from stream.faults import Stopped

PREFIX = "SCORER_"


class Settings(BaseSettings):
    """What one scorer process is told."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    brokers: Annotated[str, Field(min_length=1)]
    """Kafka's bootstrap servers, host:port[,host:port]."""
    bundle: Path
    """The directory of the model bundle to serve."""
    schemas: Path | None = None
    """A directory of `<id>.avsc` files; the alternative to a registry."""
    registry_url: str | None = None
    """A Confluent-compatible Schema Registry, http(s)://host[:port]; who we are stands in registry_config."""
    registry_config: Path | None = None
    """A file of key=value lines for the registry client: credentials, TLS."""
    register_schemas: bool = False
    """Register our own schemas when they are missing; on in the local stack only."""
    kafka_config: Path | None = None
    """A file of key=value librdkafka properties: TLS, SASL."""
    prefix: str = ""
    """Put before every topic's default name."""
    features_topic: str | None = None
    """Where events come from, if not {prefix}{model}.features."""
    predictions_topic: str | None = None
    """Where predictions go, if not {prefix}{model}.predictions."""
    profiles_topic: str | None = None
    """Where profiles go, if not {prefix}{model}.profiles."""
    dead_letters_topic: str | None = None
    """Where unreadable records go, if not {features topic}.dlq."""
    group: str | None = None
    """The consumer group, if not {prefix}{model}.scorer."""
    slot: str | None = None
    """A name that one live process at a time holds; without it membership is dynamic."""
    begin: Literal["earliest", "latest", "refuse"] = "refuse"
    """Where to begin in a partition this group never read."""
    arm: str = "champion"
    """What predictions say of who made them: champion, challenger."""
    batch_rows: Annotated[int, Field(ge=1, le=10_000)] = 500
    """Most rows in one batch."""
    commit_millis: Annotated[int, Field(ge=1, le=5_000)] = 100
    """Longest a transaction stays open under load."""
    quiet_millis: Annotated[int, Field(ge=0, le=5_000)] = 10
    """Shortest time between two commits when the input is drained."""
    heartbeat_seconds: Annotated[float, Field(gt=0, le=600)] = 5.0
    """An idle scorer accounts for itself this often."""
    profile_bytes: Annotated[int, Field(ge=10_000, le=900_000)] = 524_288
    """Largest part of a profile."""
    cloudevents: bool = True
    """Write ce_* headers on predictions."""
    admin_host: str = "127.0.0.1"
    """Where /metrics, /livez and /readyz listen."""
    admin_port: Annotated[int, Field(ge=0, le=65_535)] = 9101
    """Their port; 0 takes a free one, which the log names."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least that is logged."""


class Topics:
    """The topics one scorer reads and writes."""

    def __init__(self, settings: Settings, model: str) -> None:
        self.features = settings.features_topic or topic_name(model, "features", prefix=settings.prefix)
        self.predictions = settings.predictions_topic or topic_name(model, "predictions", prefix=settings.prefix)
        self.profiles = settings.profiles_topic or topic_name(model, "profiles", prefix=settings.prefix)
        self.dead_letters = settings.dead_letters_topic or f"{self.features}.dlq"
        self.group = settings.group or f"{settings.prefix}{model}.scorer"


def read_settings() -> Settings:
    """The settings as the environment says them. Raises Stopped naming every variable at fault."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    strange = sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known)
    if strange:
        raise Stopped(
            f"unknown setting {', '.join(strange)}",
            cause="a misspelt or retired variable",
            fix=f"known are {', '.join(sorted(known))}",
            configuration=True,
        )
    try:
        return Settings()  # type: ignore[call-arg]  # the environment gives the arguments
    except ValidationError as error:
        lines = [f"{PREFIX}{'.'.join(str(s) for s in e['loc']).upper()}: {e['msg']}" for e in error.errors()]
        raise Stopped(
            "; ".join(lines),
            cause="a variable is not set, or holds what it may not",
            fix="set the variables named",
            configuration=True,
        ) from error
