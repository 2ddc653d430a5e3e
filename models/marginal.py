"""One feature of the out-of-distribution detector: its bounds, with the curve that makes its values comparable."""

from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, FiniteFloat, NonNegativeInt, model_validator

from models.feature import Part

HIGHEST = 8.0


class Marginal(Part):
    """One feature by itself: the bounds it is held to, and the curve that makes its values comparable.

    `place` is its place in the contract. The curve is straight from knot to knot and flat beyond the outer ones;
    it turns values into normal scores, so that a heavy tail weighs no more than a light one.
    """

    place: NonNegativeInt
    lowest: FiniteFloat
    centre: FiniteFloat
    highest: FiniteFloat
    knots: tuple[FiniteFloat, ...] = Field(min_length=2)
    heights: tuple[Annotated[float, Field(ge=-HIGHEST, le=HIGHEST)], ...]

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if not self.lowest < self.centre < self.highest:
            raise ValueError("centre must lie between lowest and highest")
        if len(self.knots) != len(self.heights):
            raise ValueError(f"found {len(self.knots)} knots and {len(self.heights)} heights, expected as many")
        if any(low >= high for low, high in pairwise(self.knots)):
            raise ValueError("knots must rise from one to the next")
        return self
