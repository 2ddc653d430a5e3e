"""The labeler's settings, read from LABELER_* variables; an unknown one is an error."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from schemas.durations import Duration
from schemas.topics import topic_name
from services.start.environment import read_environment
from services.start.settings import ServiceSettings

PREFIX = "LABELER_"


class Settings(ServiceSettings):
    """What one labeler process is told."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    bundle: Path
    """The directory of the model bundle whose contract says how long to wait, and what the score bins are."""
    bundle_key: Path | None = None
    """The public key whose owner must have signed the bundle."""
    redis: Annotated[str, Field(min_length=1)]
    """Where those that wait are kept: host:port, redis:// or rediss://, without credentials."""
    labels_topic: str | None = None
    """Where labels come from, if not {prefix}{model}.labels."""
    outcomes_topic: str | None = None
    """Where outcomes go, if not {prefix}{model}.outcomes."""
    join_share: Annotated[float, Field(gt=0, le=1)] = 1.0
    """The share of events to join, chosen by a hash of their id: less where not all that wait would fit into Redis."""
    batch_rows: Annotated[int, Field(ge=1, le=20_000)] = 8_000
    """Most rows in one batch."""
    record_bytes: Annotated[int, Field(ge=1_000, le=100_000_000)] = 1_114_112
    """A larger prediction or label is not decoded: it is set aside by reference."""
    max_poll_millis: Annotated[int, Field(ge=6_000, le=3_600_000)] = 1_800_000
    """A labeler that reads nothing for so long loses its partitions; while it rebuilds the room it reads nothing."""
    commit_millis: Annotated[int, Field(ge=1, le=5_000)] = 1_000
    """Longest a transaction stays open under load: one pays for itself only with some thousand rows in it."""
    idle_seconds: Annotated[float, Field(ge=0.1, le=3_600)] | None = None
    """A topic at its end that brought nothing for so long takes the other's time; by default 2, by event clock 60."""
    segment_values: Annotated[int, Field(ge=1, le=1_000)] = 20
    """So many values of each segment are told apart in a transaction, the most frequent; the rest count as `other`."""
    sweep_rows: Annotated[int, Field(ge=1, le=100_000)] = 20_000
    """Most ids looked at in one transaction because their time has come."""
    window: Duration = timedelta(days=7)
    """Over how much event time of ripe cohorts the realised quality is shown."""
    admin_port: Annotated[int, Field(ge=0, le=65_535)] = 9102
    """The port of /metrics, /livez and /readyz; 0 takes a free one, which the log names."""


class Topics:
    """The topics one labeler reads and writes."""

    def __init__(self, settings: Settings, model: str) -> None:
        self.model = model
        self.predictions = settings.predictions_topic or topic_name(model, "predictions", prefix=settings.prefix)
        self.labels = settings.labels_topic or topic_name(model, "labels", prefix=settings.prefix)
        self.outcomes = settings.outcomes_topic or topic_name(model, "outcomes", prefix=settings.prefix)
        self.profiles = settings.profiles_topic or topic_name(model, "profiles", prefix=settings.prefix)
        self.group = settings.group or f"{settings.prefix}{model}.labeler"

    def dead_letters(self, topic: str) -> str:
        """Where what cannot be read of a topic goes."""
        return f"{topic}.dlq"


def read_settings() -> Settings:
    """The settings as the environment says them. Raises Stopped naming every variable at fault."""
    return read_environment(Settings, PREFIX)
