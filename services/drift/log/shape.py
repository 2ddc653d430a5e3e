"""What profiles must look like: the bins, classes and segments of every bundle known, the width of a bucket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.bundle import Bundle
from models.decide import BINARY, classes, confused_classes
from schemas.durations import micros
from services.drift.sums import Ints

OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One bundle's: `bins` (F,) a feature, `scores` bins, what decisions, labels (with their place), segments are.

    `classes`: how many have their confusion counted.
    """

    version: str
    digest: str
    bins: Ints
    scores: int
    decisions: frozenset[str]
    labels: Mapping[str, int]
    segments: frozenset[str]
    classes: int = 0
    is_regression: bool = False

    @property
    def width(self) -> int:
        """The most bins that any feature has."""
        return int(self.bins.max())


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What holds for the model: its shapes by digest, times in µs; `is_wall` where silence moves time on."""

    model: str
    shapes: Mapping[str, Shape]
    bucket: int
    horizon: int
    max_ahead: int
    is_wall: bool


def shape_of(bundle: Bundle) -> Shape:
    """What slices of `bundle` may hold."""
    contract, baseline = bundle.contract, bundle.baseline
    is_regression = contract.task == "regression"
    names = tuple(map(str, range(baseline.scores.bins))) if is_regression else classes(contract)
    values = {name: contract.features[contract.feature_names.index(name)] for name in contract.segments}
    return Shape(
        version=contract.version,
        digest=bundle.digest,
        bins=np.array([feature.bins for feature in baseline.features], np.int64),
        scores=baseline.scores.bins,
        decisions=frozenset(classes(contract)),
        labels={name: place for place, name in enumerate(names)},
        segments=frozenset(
            {"", *(f"{name}={value}" for name, f in values.items() for value in (*(f.categories or BINARY), OTHER))}
        ),
        classes=confused_classes(contract),
        is_regression=is_regression,
    )


def terms_of(bundles: Sequence[Bundle]) -> Terms:
    """What holds for the model of `bundles`, the first of which says how long to wait."""
    contract = bundles[0].contract
    return Terms(
        model=contract.model,
        shapes={bundle.digest: shape_of(bundle) for bundle in bundles},
        bucket=contract.bucket_micros,
        horizon=micros(contract.label.horizon),
        max_ahead=micros(contract.max_ahead),
        is_wall=contract.clock == "wall",
    )
