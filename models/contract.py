"""The contract: what a model expects of its events, what it promises of its answers, whom to call."""

import re
from datetime import timedelta
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from models.feature import MOST_FEATURES, Element, Feature, Part, written_out
from schemas.durations import Duration, micros

TimePolicy = Literal["reject", "pass"]
LONGEST_DEADLINE = timedelta(seconds=1)
"""Finding a bad row, then the fallback, may each take as long again; the broker ends a transaction after 10 s."""
NAME = re.compile(r"^[a-z0-9][a-z0-9.-]*$")


class ContractRefused(ValueError):
    """The contract file cannot be used; the message names the place, what was found and what was expected."""


class EventFields(Part):
    """Which fields of the event say who, where and when."""

    id: str = "event_id"
    key: str | None = None
    time: str = "event_time"


class Outputs(Part):
    """Which ONNX output holds the scores; classes in its column order (multiclass)."""

    score: str
    classes: tuple[str, ...] = ()


class LabelTerms(Part):
    """Which field holds the truth, and how long to wait for it."""

    field: str
    horizon: Duration
    late_window: Duration = timedelta(days=1)
    revision_window: Duration = timedelta(days=7)


class Owner(Part):
    """Whom to call."""

    team: str
    contact: str = ""


class Allow(Part):
    """What the model may use besides the standard operators that run no graph of their own (models.safety)."""

    operators: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


class Contract(Part):
    """Everything that driftline must know about a model, besides its bytes.

    `deadline` is how long the model may take for a batch. With `overload: degrade`, an event that
    waited longer than that on the broker is not scored but answered as if the model had failed: by the fallback, else
    by `prior`.
    `ood_rate` is the share of usual rows that may be called strange; 0 leaves that judgement out, whose cost grows with
    the square of the features.
    """

    model: Annotated[str, Field(max_length=100)]
    version: str
    owner: Owner
    event: EventFields = EventFields()
    format: Literal["avro", "json"] = "avro"
    clock: Literal["wall", "event"] = "wall"
    bucket: Duration = timedelta(hours=1)
    max_age: Duration | None = None
    max_ahead: Duration = timedelta(minutes=10)
    stale: TimePolicy = "reject"
    future: TimePolicy = "reject"
    features: Annotated[tuple[Feature, ...], Field(min_length=1, max_length=MOST_FEATURES)]
    task: Literal["binary", "multiclass", "regression"]
    outputs: Outputs
    threshold: float = 0.5
    label: LabelTerms
    segments: tuple[str, ...] = ()
    deadline: Duration = timedelta(seconds=1)
    overload: Literal["wait", "degrade"] = "wait"
    prior: float | str | None = None
    ood_rate: Annotated[float, Field(ge=0.0, le=0.2)] = 0.01
    allow: Allow = Allow()

    @field_validator("features", mode="after")
    @classmethod
    def _written_out(cls, features: tuple[Feature, ...]) -> tuple[Feature, ...]:
        return written_out(features)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not NAME.match(self.model):
            raise ValueError(f"model: found {self.model!r}, expected lower-case letters, digits, '.' and '-'")
        names = [feature.name for feature in self.features]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"features: {', '.join(sorted(twice))} listed twice")
        if taken := sorted({one.field for one in self.packed.values()} & {self.event.id, self.event.time, *names}):
            raise ValueError(f"features: {', '.join(taken)} has a count, and is the id, the time or a feature as well")
        for segment in self.segments:
            if segment not in names or self.features[names.index(segment)].type not in ("category", "bool"):
                raise ValueError(f"segments: {segment!r} must be a feature of type category or bool")
        if (self.task == "multiclass") != bool(self.outputs.classes):
            raise ValueError("outputs.classes belong to a multiclass task, and such a task needs them")
        if self.bucket <= timedelta(0):
            raise ValueError("bucket must be longer than zero")
        if not timedelta(0) < self.deadline <= LONGEST_DEADLINE:
            raise ValueError(f"deadline: found {self.deadline}, expected more than 0 and at most {LONGEST_DEADLINE}")
        if fault := self._prior_fault():
            raise ValueError(f"prior: found {self.prior!r}, expected {fault}")
        return self

    def _prior_fault(self) -> str | None:
        """What the prior ought to be, where it is something else."""
        if self.prior is None:
            return None
        if self.task == "multiclass":
            return None if self.prior in self.outputs.classes else "one of outputs.classes"
        if not isinstance(self.prior, float) or not isfinite(self.prior):
            return "a number"
        return None if self.task == "regression" or 0.0 <= self.prior <= 1.0 else "a probability"

    @cached_property
    def bucket_micros(self) -> int:
        """Width of an event-time bucket in microseconds."""
        return micros(self.bucket)

    @cached_property
    def packed(self) -> dict[int, Element]:
        """The first feature of every packed field, by its place in the model's order."""
        places = enumerate(self.features)
        return {place: one for place, one in places if isinstance(one, Element) and one.index == 0}

    @cached_property
    def fields(self) -> dict[str, Feature]:
        """The fields that hold the features, each with its feature, or the first of them where it is packed."""
        found: dict[str, Feature] = {}
        for one in self.features:
            found.setdefault(one.field if isinstance(one, Element) else one.name, one)
        return found

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The features' names in the model's order."""
        return tuple(feature.name for feature in self.features)


def read_contract(text: str, *, where: str = "contract.yaml") -> Contract:
    """Parse a contract; every fault is named with its place.

    Raises ContractRefused.
    """
    try:
        return Contract.model_validate(yaml.safe_load(text))
    except ValidationError as error:
        lines = [
            f"{where}: {'.'.join(str(step) for step in e['loc']) or 'contract'}: {e['msg']}" for e in error.errors()
        ]
        raise ContractRefused("\n".join(lines)) from error
    except (yaml.YAMLError, ValueError, AttributeError, RecursionError) as error:  # YAML's dates, numbers and depth
        raise ContractRefused(f"{where}: not YAML: {error}") from error


def load_contract(path: Path) -> Contract:
    """Read the contract at `path`."""
    return read_contract(path.read_text(encoding="utf-8"), where=str(path))
