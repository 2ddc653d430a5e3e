"""What a sidecar holds while it runs: the bundles, the names, who judges, how what is said is written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from models.bundle import Bundle
from services.drift.judging.judged import Alerts, Judge
from services.drift.keeping.kept import Kept
from services.drift.log.shape import Terms, terms_of
from services.drift.log.windows import Rule
from services.drift.settings import Settings, Topics
from stream.dead_letters import Desk

Encode = Callable[[Mapping[str, Any]], bytes]


@dataclass(frozen=True, kw_only=True)
class Kit:
    """Everything `Drift` needs, made once at start; the first of `bundles` is the one that is served.

    `judge` and `alerts` make new ones, which remember nothing: each assignment begins with them.
    """

    settings: Settings
    topics: Topics
    bundles: tuple[Bundle, ...]
    kept: Kept
    desk: Desk
    judge: Callable[[], Judge]
    alerts: Callable[[], Alerts]
    encode_report: Encode
    encode_alert: Encode

    @cached_property
    def terms(self) -> Terms:
        """What profiles must look like."""
        return terms_of(self.bundles)

    @cached_property
    def rule(self) -> Rule:
        """Where windows end."""
        return self.settings.rule(self.terms.bucket)
