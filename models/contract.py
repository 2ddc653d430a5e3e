"""The contract: what a model expects of its events, what it promises of its answers, whom to call."""

import re
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from schemas.durations import Duration, micros

Policy = Literal["reject", "impute", "pass"]
NAME = re.compile(r"^[a-z0-9][a-z0-9.-]*$")


class ContractRefused(ValueError):
    """The contract file cannot be used; the message names the place, what was found and what was expected."""


class Part(BaseModel):
    """A part of the contract: frozen, and a key nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class EventFields(Part):
    """Which fields of the event say who, where and when."""

    id: str = "event_id"
    key: str | None = None
    time: str = "event_time"


class Policies(Part):
    """What to do with a value that breaks the contract: refuse the row, impute it or pass it on, marked."""

    missing: Policy = "reject"
    unseen: Policy = "reject"
    out_of_range: Policy = "reject"


class Feature(Part):
    """One input of the model, in the model's order."""

    name: str
    type: Literal["float", "int", "bool", "category"]
    range: tuple[float, float] | None = None
    categories: tuple[str, ...] = ()
    nullable: bool = False
    impute: float | str | None = None
    policies: Policies = Policies()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.type == "category") != bool(self.categories):
            raise ValueError("categories belong to a feature of type category, and such a feature needs them")
        if len(set(self.categories)) != len(self.categories):
            raise ValueError("a category is listed twice")
        if self.range is not None and (self.type in ("bool", "category") or self.range[0] > self.range[1]):
            raise ValueError("range is [lowest, highest] and belongs to a float or int feature")
        if "impute" in (self.policies.missing, self.policies.unseen, self.policies.out_of_range):
            self.imputed_value()
        return self

    def imputed_value(self) -> float:
        """The number that stands in for a refused value, as the model sees it (a category's is its place)."""
        if self.impute is None:
            raise ValueError(f"feature {self.name}: a policy says impute, so `impute` needs a value")
        if self.type == "category":
            return float(self.categories.index(str(self.impute)))
        return float(self.impute)


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


class Contract(Part):
    """Everything that driftline must know about a model, besides its bytes."""

    model: Annotated[str, Field(max_length=100)]
    version: str
    owner: Owner
    event: EventFields = EventFields()
    format: Literal["avro", "json"] = "avro"
    clock: Literal["wall", "event"] = "wall"
    bucket: Duration = timedelta(hours=1)
    max_age: Duration | None = None
    max_ahead: Duration = timedelta(minutes=10)
    features: Annotated[tuple[Feature, ...], Field(min_length=1, max_length=2000)]
    task: Literal["binary", "multiclass", "regression"]
    outputs: Outputs
    threshold: float = 0.5
    label: LabelTerms
    segments: tuple[str, ...] = ()
    deadline: Duration = timedelta(seconds=1)
    prior: float | str | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not NAME.match(self.model):
            raise ValueError(f"model: found {self.model!r}, expected lower-case letters, digits, '.' and '-'")
        names = [feature.name for feature in self.features]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"features: {', '.join(sorted(twice))} listed twice")
        for segment in self.segments:
            if segment not in names or self.features[names.index(segment)].type not in ("category", "bool"):
                raise ValueError(f"segments: {segment!r} must be a feature of type category or bool")
        if (self.task == "multiclass") != bool(self.outputs.classes):
            raise ValueError("outputs.classes belong to a multiclass task, and such a task needs them")
        if self.bucket <= timedelta(0):
            raise ValueError("bucket must be longer than zero")
        return self

    @cached_property
    def bucket_micros(self) -> int:
        """Width of an event-time bucket in microseconds."""
        return micros(self.bucket)

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
    except yaml.YAMLError as error:
        raise ContractRefused(f"{where}: not YAML: {error}") from error
    except ValidationError as error:
        lines = [
            f"{where}: {'.'.join(str(step) for step in e['loc']) or 'contract'}: {e['msg']}" for e in error.errors()
        ]
        raise ContractRefused("\n".join(lines)) from error


def load_contract(path: Path) -> Contract:
    """Read the contract at `path`."""
    return read_contract(path.read_text(encoding="utf-8"), where=str(path))
