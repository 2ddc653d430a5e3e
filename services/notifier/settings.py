"""The notifier's settings, read from NOTIFIER_* variables; an unknown one is an error."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from schemas.topics import topic_name
from services.start.environment import read_environment
from services.start.settings import ServiceSettings
from stream.faults import Stopped

PREFIX = "NOTIFIER_"


class Settings(ServiceSettings):
    """What one notifier process is told."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    model: Annotated[str, Field(min_length=1)]
    """The model whose alerts are posted."""
    alertmanagers: Annotated[str, Field(min_length=1)]
    """http(s)://host:port[/path] of each Alertmanager, with commas between them; of a cluster, all members."""
    alerts_topic: str | None = None
    """Where alerts come from, if not {prefix}{model}.alerts."""
    least_severity: Literal["info", "warning", "critical"] = "info"
    """The least that is posted; an Alertmanager's routes decide what becomes of it."""
    resend_seconds: Annotated[float, Field(ge=1, le=3_600)] = 60.0
    """What is open is posted again this often: an Alertmanager forgets, or was started anew."""
    hold_seconds: Annotated[float, Field(ge=5, le=86_400)] = 300.0
    """So long an alert stands that is not posted again; at least three times resend_seconds."""
    retry_first_seconds: Annotated[float, Field(gt=0, le=60)] = 1.0
    """How long to wait after a first failure; each further one doubles it."""
    retry_longest_seconds: Annotated[float, Field(gt=0, le=3_600)] = 60.0
    """Longest wait between two tries."""
    timeout_seconds: Annotated[float, Field(gt=0, le=300)] = 10.0
    """How long an Alertmanager may take to answer."""
    link: str = ""
    """The generatorURL of an alert: a page about it, in which {model}, {group} and {alert_id} may stand."""
    runbooks: str = ""
    """What stands before a runbook's file name, such as https://wiki/runbooks/."""
    stall_seconds: Annotated[float, Field(ge=10, le=3_600)] = 120.0
    """A record that has lain on Kafka for so long unheard means that the reader hangs: the process ends with 1."""
    admin_port: Annotated[int, Field(ge=0, le=65_535)] = 9104
    """The port of /metrics, /livez and /readyz; 0 takes a free one, which the log names."""

    def topic(self) -> str:
        """Where alerts come from."""
        return self.alerts_topic or topic_name(self.model, "alerts", prefix=self.prefix)

    def group_id(self) -> str:
        """The consumer group."""
        return self.group or f"{self.prefix}{self.model}.notifier"


def read_settings() -> Settings:
    """The settings as the environment says them. Raises Stopped naming every variable at fault."""
    settings = read_environment(Settings, PREFIX)
    if settings.hold_seconds < 3 * settings.resend_seconds:
        raise Stopped(
            f"found {PREFIX}HOLD_SECONDS={settings.hold_seconds:g}, {PREFIX}RESEND_SECONDS={settings.resend_seconds:g}",
            cause="one or two failed posts would end an alert that stands",
            fix=f"set {PREFIX}HOLD_SECONDS to {3 * settings.resend_seconds:g} or more",
            configuration=True,
        )
    return settings
