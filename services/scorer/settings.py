"""The scorer's settings, read from SCORER_* variables; an unknown one is an error."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from schemas.durations import Duration
from schemas.topics import topic_name
from services.start.environment import read_environment
from services.start.settings import ServiceSettings

PREFIX = "SCORER_"


class Settings(ServiceSettings):
    """What one scorer process is told."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    bundle: Path
    """The directory of the model bundle to serve."""
    fallback: Path | None = None
    """The directory of a bundle of the same model that answers when the first cannot."""
    deduplicate: Duration | None = None
    """An event whose id was answered within so long at another position is not answered again; none = off."""
    redis: str | None = None
    """Where the claims on ids are kept: host:port, redis:// or rediss://, without credentials."""
    bundle_key: Path | None = None
    """The public key whose owner must have signed every bundle that is served."""
    bundle_digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    """The digest of the one bundle to serve first: any other, an older one as well, is refused; not the fallback's."""
    breaker_failures: Annotated[int, Field(ge=1, le=1_000)] = 3
    """A model that failed so many times in a row is left alone for a while."""
    breaker_seconds: Annotated[float, Field(gt=0, le=3_600)] = 10.0
    """For how long, before it is tried again; twice as long after each trial in vain, eight times at most."""
    features_topic: str | None = None
    """Where events come from, if not {prefix}{model}.features."""
    dead_letters_topic: str | None = None
    """Where unreadable records go, if not {features topic}.dlq."""
    arm: str = "champion"
    """What predictions say of who made them: champion, challenger."""
    batch_rows: Annotated[int, Field(ge=1, le=10_000)] = 8_000
    """Most rows in one batch; more than 2,000 only while the model needs at most 1/16 of its `deadline` for them."""
    event_bytes: Annotated[int, Field(ge=1_000, le=100_000_000)] = 1_048_576
    """A larger event is not decoded: it is set aside by reference."""
    max_poll_millis: Annotated[int, Field(ge=6_000, le=3_600_000)] = 300_000
    """A scorer that reads nothing for so long loses its partitions to the others."""
    delivery: Literal["exactly_once", "at_least_once"] = "exactly_once"
    """exactly_once, or at_least_once: lowest latency, but after a fault some events are answered again."""
    cloudevents: bool = False
    """Write ce_* headers on predictions, for consumers that route by them: they cost as much as half of the rest."""
    admin_port: Annotated[int, Field(ge=0, le=65_535)] = 9101
    """The port of /metrics, /livez and /readyz; 0 takes a free one, which the log names."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.deduplicate is not None and (self.redis is None or self.deduplicate <= timedelta(0)):
            raise ValueError("DEDUPLICATE needs a duration longer than zero, with the place of its claims in REDIS")
        if self.deduplicate is None and (self.redis is not None or self.redis_config is not None):
            raise ValueError("REDIS and REDIS_CONFIG serve DEDUPLICATE alone: say for how long, or leave them out")
        return self


class Topics:
    """The topics one scorer reads and writes."""

    def __init__(self, settings: Settings, model: str) -> None:
        self.model = model
        self.features = settings.features_topic or topic_name(model, "features", prefix=settings.prefix)
        self.predictions = settings.predictions_topic or topic_name(model, "predictions", prefix=settings.prefix)
        self.profiles = settings.profiles_topic or topic_name(model, "profiles", prefix=settings.prefix)
        self.dead_letters = settings.dead_letters_topic or f"{self.features}.dlq"
        self.group = settings.group or f"{settings.prefix}{model}.scorer"


def read_settings() -> Settings:
    """The settings as the environment says them. Raises Stopped naming every variable at fault."""
    return read_environment(Settings, PREFIX)
