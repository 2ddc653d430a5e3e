"""A feature of the contract: its type, what it may hold, what to do with a value that breaks it."""

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

MOST_FEATURES = 2000
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
    """One input of the model, in the model's order; with a `count` so many of them, packed in one field of the event.

    `dtype` says what the numbers of a packed field are where its own type does not: in Avro's bytes and fixed.
    """

    name: str
    type: Literal["float", "int", "bool", "category"]
    count: Annotated[int, Field(ge=1, le=MOST_FEATURES)] | None = None
    dtype: Literal["float32", "float64"] | None = None
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
        if self.count is not None and self.type != "float":
            raise ValueError("count packs numbers: it belongs to a feature of type float")
        if self.dtype is not None and self.count is None:
            raise ValueError("dtype belongs to a feature with a count, whose numbers are packed in one field")
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


class Element(Feature):
    """One of the `size` numbers of a packed field, with its terms; of `width` bytes, where the field is bytes."""

    field: str
    index: int
    size: int
    width: Literal[4, 8]


def written_out(features: Iterable[Feature]) -> tuple[Feature, ...]:
    """Every feature on its own, those of a packed field in their order, as the model takes them.

    Raises ValueError for more than 2000.

    >>> [one.name for one in written_out([Feature(name="pixel", type="float", count=2)])]
    ['pixel_0', 'pixel_1']
    """
    found = tuple(one for feature in features for one in _elements(feature))
    if len(found) > MOST_FEATURES:
        raise ValueError(f"found {len(found)} written out, expected at most {MOST_FEATURES}")
    return found


def _elements(feature: Feature) -> tuple[Feature, ...]:
    if feature.count is None or isinstance(feature, Element):
        return (feature,)
    terms = {name: value for name, value in feature if name not in ("name", "count", "dtype")}
    terms |= {"field": feature.name, "size": feature.count, "width": 8 if feature.dtype == "float64" else 4}
    return tuple(Element(name=f"{feature.name}_{index}", index=index, **terms) for index in range(feature.count))
