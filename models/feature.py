"""A feature of the contract: its type, what it may hold, what to do with a value that breaks it."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

Policy = Literal["reject", "impute", "pass"]


class Part(BaseModel):
    """A part of the contract: frozen, and a key nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Policies(Part):
    """What to do with a value that breaks the contract: refuse the row, impute the value or pass it on, marked.

    What is no number (`wrong_type`, `not_finite`) passes as a missing value: it never reaches a model as it came.
    """

    missing: Policy = "reject"
    """The field is not there; null as well, unless `null_value` says otherwise."""
    null_value: Policy | None = None
    unseen: Policy = "reject"
    out_of_range: Policy = "reject"
    not_finite: Policy = "reject"
    wrong_type: Policy = "reject"

    @property
    def on_null(self) -> Policy:
        """What to do with a null."""
        return self.null_value or self.missing


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
        if "impute" in self.policies.model_dump().values():
            self.imputed_value()
        return self

    def imputed_value(self) -> float:
        """The number that stands in for a refused value, as the model sees it (a category's is its place)."""
        if self.impute is None:
            raise ValueError(f"feature {self.name}: a policy says impute, so `impute` needs a value")
        if self.type == "category":
            return float(self.categories.index(str(self.impute)))
        return float(self.impute)
