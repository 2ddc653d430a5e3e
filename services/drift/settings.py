"""The drift sidecar's settings, read from DRIFT_* variables; an unknown one is an error."""

from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from schemas.durations import Duration, micros
from schemas.topics import topic_name
from services.drift.findings.terms import Terms
from services.drift.log.windows import Rule
from services.start.environment import read_environment
from services.start.settings import ServiceSettings

PREFIX = "DRIFT_"


class Settings(ServiceSettings):
    """What one sidecar process is told."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    bundle: Path
    """The directory of the model bundle that is served, whose contract says how long to wait."""
    others: tuple[Path, ...] = ()
    """Bundles of other versions whose rows may stand in the log, as a JSON list: served before, or a challenger's."""
    bundle_key: Path | None = None
    """The public key whose owner must have signed every bundle."""
    drift_topic: str | None = None
    """Where reports go, if not {prefix}{model}.drift."""
    alerts_topic: str | None = None
    """Where alerts go, if not {prefix}{model}.alerts."""
    state_topic: str | None = None
    """Where the snapshot lies, if not {prefix}{model}.drift-state."""
    target_rows: Annotated[int, Field(ge=1, le=100_000_000)] = 2_000
    """A window ends with the bucket that gives it so many rows, a quarter of an hour after it began or later."""
    fewest_rows: Annotated[int, Field(ge=1, le=1_000_000)] = 200
    """A window of fewer rows is reported, never judged."""
    longest: Duration = timedelta(days=1)
    """A window ends after so much event time, whatever it holds."""
    budget_pages: Annotated[float, Field(gt=0, le=1_000)] = 1.0
    """So many false pages are put up with, per model, in budget_days."""
    budget_days: Annotated[float, Field(gt=0, le=3_650)] = 30.0
    """The days of event time that budget_pages is for."""
    material_gap: Annotated[float, Field(ge=0, lt=1)] = 0.01
    """A smaller difference of estimated and realised accuracy hurts nobody."""
    material_psi: Annotated[float, Field(ge=0)] = 0.02
    """A feature whose PSI lies less above its mean without drift informs nobody."""
    season: Duration = timedelta(days=1)
    """What may follow the hours of the day is judged once windows of so much event time have come together."""
    floor: Annotated[float, Field(gt=0, lt=1)] | None = None
    """The accuracy that the model must not fall below; by default that of the reference less material_floor."""
    material_floor: Annotated[float, Field(ge=0, lt=1)] = 0.02
    """So much less accuracy than the reference's is put up with."""
    material_estimate: Annotated[float, Field(ge=0, lt=1)] = 0.02
    """Estimated accuracy that fell by less pages nobody."""
    material_share: Annotated[float, Field(ge=0, lt=1)] = 0.02
    """A share of missing or unknown values that rose by less is not broken data."""
    most_refused: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """A larger share of refused events is broken data."""
    most_degraded: Annotated[float, Field(gt=0, lt=1)] = 0.01
    """A larger share of answers from a stand-in of the model is degraded serving."""
    snapshot_seconds: Annotated[float, Field(gt=0, le=600)] = 30.0
    """What was read is committed when a bucket closes, otherwise this often."""
    rebuild: Duration | None = None
    """Without a snapshot the profiles of so long are read again; by default all that are kept."""
    batch_rows: Annotated[int, Field(ge=1, le=10_000)] = 200
    """Most profiles in one batch."""
    max_poll_millis: Annotated[int, Field(ge=6_000, le=3_600_000)] = 1_800_000
    """A sidecar that reads nothing for so long loses the log; while it rebuilds its state it reads nothing."""
    admin_port: Annotated[int, Field(ge=0, le=65_535)] = 9103
    """The port of /metrics, /livez and /readyz; 0 takes a free one, which the log names."""

    def judging(self) -> Terms:
        """What the judge is told."""
        same = {one.name for one in fields(Terms)} - {"season"}
        said = {name: value for name, value in self if name in same}
        return Terms(**said, season=micros(self.season))

    def rule(self, bucket_micros: int) -> Rule:
        """Where windows end."""
        return Rule(bucket=bucket_micros, target=self.target_rows, longest=micros(self.longest))


class Topics:
    """The topics one sidecar reads and writes."""

    def __init__(self, settings: Settings, model: str) -> None:
        self.model = model
        self.profiles = settings.profiles_topic or topic_name(model, "profiles", prefix=settings.prefix)
        self.drift = settings.drift_topic or topic_name(model, "drift", prefix=settings.prefix)
        self.alerts = settings.alerts_topic or topic_name(model, "alerts", prefix=settings.prefix)
        self.state = settings.state_topic or topic_name(model, "drift-state", prefix=settings.prefix)
        self.dead_letters = f"{self.profiles}.dlq"
        self.group = settings.group or f"{settings.prefix}{model}.drift"


def read_settings() -> Settings:
    """The settings as the environment says them. Raises Stopped naming every variable at fault."""
    return read_environment(Settings, PREFIX)
