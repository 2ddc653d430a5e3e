"""Whom `driftline doctor` examines: the options of the command, and the stack that runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from driftline.local.plan import model_of
from driftline.local.retention import windows_of
from driftline.local.state import StackState, read_state
from driftline.output import Refusal


class Skipped(Exception):
    """The check was not made; the message says why."""


@dataclass
class Patient:
    """What is looked at: the options of the command, and the stack that runs in `directory`, if any."""

    directory: Path
    bundle: Path | None = None
    given_brokers: str | None = None
    given_model: str | None = None
    given_prefix: str | None = None
    given_redis: str | None = None
    registry: str | None = None
    registry_config: Path | None = None
    failed: dict[str, str] = field(default_factory=dict)

    @cached_property
    def stack(self) -> StackState | None:
        """The stack that is alive in the directory."""
        state = read_state(self.directory)
        return state if state and state.supervisor.is_alive() else None

    @property
    def brokers(self) -> str | None:
        """Where Kafka should be."""
        return self.given_brokers or (self.stack.brokers if self.stack else None)

    @property
    def redis(self) -> str | None:
        """Where Redis should be, if anybody needs it."""
        return self.given_redis or (self.stack.redis if self.stack else None)

    @property
    def prefix(self) -> str:
        """What stands before every topic's name."""
        return self.given_prefix if self.given_prefix is not None else self.stack.prefix if self.stack else ""

    @property
    def models(self) -> tuple[str, ...]:
        """Whose topics to look at."""
        if self.given_model:
            return (self.given_model,)
        if self.bundle:
            try:
                return (model_of(self.bundle),)
            except Refusal as refusal:
                raise Skipped("the bundle, which names the model, was refused (see below)") from refusal
        return self.stack.models if self.stack else ()

    @property
    def windows(self) -> Mapping[str, timedelta]:
        """How long each model's labels may be late, by its contract; of the bundle named, else of the stack's."""
        from models.contract import ContractRefused  # noqa: PLC0415 - a third of a second

        bundles = (self.bundle,) if self.bundle else self.stack.bundles if self.stack and not self.given_brokers else ()
        try:
            found = windows_of(bundles)
        except (ContractRefused, OSError) as error:
            raise Skipped(f"a contract cannot be read: {error}") from error
        return {model: window for model, window in found.items() if model in self.models}

    def needs(self, check: str) -> None:
        """Skip where an earlier check failed."""
        if check in self.failed:
            raise Skipped(f"needs `{check}`, which {self.failed[check]}")
