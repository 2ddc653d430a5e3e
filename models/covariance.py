"""The covariance of the reference's features, which the baseline keeps."""

from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import FiniteFloat, NonNegativeInt, model_validator

from models.feature import Part


class Covariance(Part):
    """Covariance of standardised features, lower triangle by rows; `features` are places in the contract."""

    features: tuple[NonNegativeInt, ...]
    lower: tuple[tuple[FiniteFloat, ...], ...]

    @model_validator(mode="after")
    def _triangle(self) -> Self:
        if [len(row) for row in self.lower] != list(range(1, len(self.features) + 1)):
            raise ValueError("covariance must be the lower triangle of the features it names")
        return self

    @cached_property
    def matrix(self) -> NDArray[np.float64]:
        """The whole symmetric matrix, (m, m) for m covered features."""
        whole = np.zeros((len(self.lower), len(self.lower)))
        for place, row in enumerate(self.lower):
            whole[place, : place + 1] = row
        return whole + np.tril(whole, -1).T
