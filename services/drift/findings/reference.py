"""What a bundle's reference says, as the arrays that windows are compared with."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.baseline import ClassPrior
from models.bundle import Bundle
from models.contract import Contract
from services.drift.stats.binned import Counts, Floats, stacked
from services.drift.stats.dispersion import Dispersion, of_histograms, of_vectors
from services.drift.stats.gap import Margin, margin_of
from services.drift.stats.moments import middles

TINY = 1e-9


@dataclass(frozen=True)
class Reference:
    """A bundle's contract, baseline and calibrator; K blocks, F features, B bins, S score bins, L labels."""

    bundle: Bundle

    @property
    def contract(self) -> Contract:
        """The bundle's contract."""
        return self.bundle.contract

    @property
    def is_regression(self) -> bool:
        """Whether answers are numbers: there are no wrong ones."""
        return self.contract.task == "regression"

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The features' names."""
        return tuple(one.name for one in self.bundle.baseline.features)

    @cached_property
    def influence(self) -> dict[str, float]:
        """How much the scores hang on each feature, 1 for the most; {} where the bundle says nothing of it."""
        said = {one.name: one.influence for one in self.bundle.baseline.features if one.influence is not None}
        most = max(said.values(), default=0.0) or 1.0
        return {name: value / most for name, value in said.items()}

    @cached_property
    def ordered(self) -> Floats:
        """Which features' bins have an order, (F,), as 0 and 1."""
        return np.array([one.kind != "category" for one in self.bundle.baseline.features], np.float64)

    @cached_property
    def outer(self) -> Floats:
        """Share of the reference in each feature's two outermost bins, (F,); 1 where there are no more."""
        shares = []
        for one in self.bundle.baseline.features:
            whole = np.array(one.counts).sum(axis=0)
            is_inside = one.kind == "category" or len(whole) <= 2  # noqa: PLR2004 - both bins are outermost
            shares.append(1.0 if is_inside else (whole[0] + whole[-1]) / max(1, whole.sum()))
        return np.array(shares)

    @cached_property
    def last_bins(self) -> list[int]:
        """The last bin of each feature."""
        return [one.bins - 1 for one in self.bundle.baseline.features]

    @cached_property
    def blocks(self) -> Floats:
        """Histograms of the features, (K, F, B)."""
        return stacked([np.array(one.counts) for one in self.bundle.baseline.features])

    @cached_property
    def tau2(self) -> Floats:
        """How much the features' histograms vary between blocks beyond chance, (F,)."""
        return of_histograms(self.blocks).tau2

    @cached_property
    def missing(self) -> Floats:
        """Missing rows, (K, F)."""
        return np.array([one.missing for one in self.bundle.baseline.features], np.float64).T

    @cached_property
    def unseen(self) -> Floats:
        """Rows of unknown categories, (K, F)."""
        return np.array([one.unseen for one in self.bundle.baseline.features], np.float64).T

    @cached_property
    def rows(self) -> Floats:
        """Rows of each block for each feature, (K, F)."""
        rows = np.array([one.rows for one in self.bundle.baseline.blocks], np.float64)
        return np.repeat(rows[:, None], len(self.names), axis=1)

    @cached_property
    def places(self) -> Floats:
        """The middle of every bin, (F, B), in standard deviations from the mean; 0 where a feature is no quantity."""
        found = np.zeros(self.blocks.shape[1:])
        for place, one in enumerate(self.bundle.baseline.features):
            if one.kind != "category" and one.edges:
                found[place, : one.bins] = middles(one.edges, one.mean, one.sd)
        return found

    @cached_property
    def scores(self) -> Floats:
        """Histogram of the scores, (K, 1, S)."""
        return np.array(self.bundle.baseline.scores.counts, np.float64)[:, None, :]

    @cached_property
    def middles(self) -> Floats:
        """The middle of each score bin, (S,); of a regression's outermost ones their edge."""
        edges = np.array(self.bundle.baseline.scores.edges)
        ends = (edges[:1], edges[-1:]) if self.is_regression else (np.zeros(1), np.ones(1))
        whole = np.concatenate([ends[0], edges, ends[1]])
        return np.asarray((whole[:-1] + whole[1:]) / 2)

    @cached_property
    def positive_from(self) -> int:
        """The first score bin of positive decisions, of a binary task."""
        return int(np.searchsorted(self.bundle.baseline.scores.edges, self.contract.threshold, side="right"))

    @cached_property
    def chances(self) -> Floats | None:
        """The chance at each score bin's middle that the decision is right, (S,); None without a calibrator."""
        if self.bundle.calibrator is None or self.is_regression:
            return None
        curve = np.clip(self.bundle.calibrator.curve(self.middles), 0.0, 1.0)
        if self.contract.task == "multiclass":
            return curve
        return np.where(np.arange(len(curve)) >= self.positive_from, curve, 1.0 - curve)

    @cached_property
    def table(self) -> Floats | None:
        """Labelled rows, (K, S, L); None where the reference has no classes."""
        prior = self.bundle.baseline.prior
        return np.array(prior.table, np.float64) if isinstance(prior, ClassPrior) else None

    @cached_property
    def verdicts(self) -> Floats | None:
        """Labelled rows by block, score bin and whether the decision was wrong, right: (K, S, 2); of a binary task."""
        if self.table is None or self.contract.task != "binary":
            return None
        is_positive = np.arange(self.table.shape[1]) >= self.positive_from
        right = np.where(is_positive, self.table[:, :, 1], self.table[:, :, 0])
        return np.stack([self.table.sum(axis=2) - right, right], axis=2)

    @cached_property
    def wrong(self) -> Floats | None:
        """Wrong and right decisions of each block, (K, 2), by its labels, else by its scores; None without either."""
        if self.verdicts is not None and self.verdicts.sum():
            return np.asarray(self.verdicts.sum(axis=1))
        if self.chances is None:
            return None
        rows = self.scores[:, 0].sum(axis=1)
        right = (self.scores[:, 0] * self.chances).sum(axis=1)
        return np.stack([rows - right, right], axis=1)

    @cached_property
    def accuracy(self) -> float | None:
        """Share of right decisions: as the labels say, else as the calibrator does; None where neither can."""
        if self.verdicts is not None and (rows := self.verdicts.sum()):
            return float(self.verdicts[:, :, 1].sum() / rows)
        return None if self.chances is None else self.estimated

    @cached_property
    def estimated(self) -> float:
        """Estimated accuracy of the whole reference, from its score histogram."""
        return float(self.estimate_of(self.scores.sum(axis=(0, 1))))

    def estimate_of(self, scores: Counts) -> Floats:
        """Estimated accuracy of rows by score bin, (..., S): (...). ValueError without a calibrator."""
        return np.asarray((scores * self._known_chances).sum(axis=-1) / np.maximum(1.0, scores.sum(axis=-1)))

    @property
    def _known_chances(self) -> Floats:
        if self.chances is None:
            raise ValueError("no estimate without a calibrator")
        return self.chances

    @cached_property
    def spread(self) -> float:
        """Standard deviation over rows of the chance that a decision is right."""
        whole, chances = self.scores.sum(axis=(0, 1)), self._known_chances
        square = (whole * (chances - self.estimated) ** 2).sum() / max(1.0, whole.sum())
        return max(float(np.sqrt(square)), TINY)

    @cached_property
    def estimates(self) -> Dispersion:
        """How estimated accuracy varies between blocks, in units of `spread`."""
        deviations = (self.estimate_of(self.scores) - self.estimated) / self.spread
        return of_vectors(deviations[:, :, None], self.scores.sum(axis=2), np.ones(1))

    @cached_property
    def margin(self) -> Margin | None:
        """What gaps mean nothing; None without a calibrator."""
        one = self.bundle.calibrator
        if one is None or self.chances is None:
            return None
        bias, folds = one.bias_error, one.fold_bias
        return margin_of(self.verdicts, self.chances, bias_error=bias, fold_bias=folds, rows=one.rows)
