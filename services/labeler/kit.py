"""What a labeler holds while it runs: the contract, the readers, the names."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.bundle import Bundle
from models.contract import Contract
from models.decide import BINARY, classes, confused_classes
from schemas.columnar.contract import ContractReader
from schemas.columnar.label_columns import LabelColumns
from schemas.columnar.labels import label_reader
from schemas.columnar.prediction_columns import PredictionColumns
from schemas.columnar.predictions import prediction_reader
from schemas.durations import micros
from services.labeler.core import Terms
from services.labeler.crowding import Crowding
from services.labeler.quality import Quality, Scale
from services.labeler.room.room import Gauge
from services.labeler.settings import Settings, Topics
from services.labeler.tables import Naming
from services.start.schemas import Schemas
from stream.dead_letters import Desk

OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Kit:
    """Everything `Labeler` needs, made once at start."""

    settings: Settings
    topics: Topics
    bundle: Bundle
    schemas: Schemas
    desk: Callable[[str], Desk]
    partitions: int
    writer: str
    session_name: str

    @property
    def contract(self) -> Contract:
        """The bundle's contract."""
        return self.bundle.contract

    @cached_property
    def outcome_frame(self) -> bytes:
        """What stands before an outcome."""
        return self.schemas.frame(self.topics.outcomes, "outcome")

    @cached_property
    def profile_frame(self) -> bytes:
        """What stands before a profile."""
        return self.schemas.frame(self.topics.profiles, "profile")

    @property
    def idle_seconds(self) -> float:
        """How long a topic must be quiet to take the other's time: in a replay a second may be days."""
        return self.settings.idle_seconds or (2.0 if self.contract.clock == "wall" else 60.0)

    def latest(self) -> int:
        """The latest time, µs, that moves a clock: as far ahead of now as the contract allows."""
        return time.time_ns() // 1000 + micros(self.contract.max_ahead)

    @cached_property
    def terms(self) -> Terms:
        """How long to wait."""
        label = self.contract.label
        return Terms(micros(label.horizon), micros(label.late_window), micros(label.revision_window))

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The names decisions can take."""
        return classes(self.contract)

    def predictions(self) -> ContractReader[PredictionColumns]:
        """A reader of predictions."""
        return prediction_reader(self.schemas.source, classes=self.classes, most_bytes=self.settings.record_bytes)

    def labels(self) -> ContractReader[LabelColumns]:
        """A reader of labels."""
        return label_reader(
            self.schemas.source,
            task=self.contract.task,
            classes=self.contract.outputs.classes,
            most_bytes=self.settings.record_bytes,
        )

    @cached_property
    def segments(self) -> tuple[dict[str, int], ...]:
        """Of each segment field the code of each value that is told apart; the others are one more."""
        return tuple(self._values(name) for name in self.contract.segments)

    def _values(self, name: str) -> dict[str, int]:
        place = self.contract.feature_names.index(name)
        feature = self.contract.features[place]
        values = feature.categories or BINARY
        seen = np.asarray(self.bundle.baseline.features[place].counts).sum(axis=0)[: len(values)]
        often = np.argsort(-seen, kind="stable")[: self.settings.segment_values].tolist()
        return {values[one]: code for code, one in enumerate(sorted(often))}

    @cached_property
    def label_names(self) -> tuple[str, ...]:
        """What label bins are called."""
        if self.contract.task == "regression":
            return tuple(str(number) for number in range(self.bundle.baseline.scores.bins))
        return self.classes

    def crowding(self, gauge: Callable[[], Gauge], tell: Callable[[bool, str], None]) -> Crowding:
        """What looks at how full the store is."""
        return Crowding(
            gauge,
            self.terms,
            tell=tell,
            predictions=self.topics.predictions,
            partitions=self.partitions,
            share=self.settings.join_share,
        )

    def naming(self, versions: list[tuple[str, str, str]]) -> Naming:
        """What the codes of a transaction's rows are called."""
        return Naming(
            versions=versions,
            segments=[
                [*(f"{name}={value}" for value in values), f"{name}={OTHER}"]
                for name, values in zip(self.contract.segments, self.segments, strict=True)
            ],
            labels=self.label_names,
            classes=confused_classes(self.contract),
            is_regression=self.contract.task == "regression",
            spread=self.bundle.baseline.scores.sd or 1.0,
        )

    def quality(self) -> Quality:
        """Where realised quality is summed up."""
        scores, task = self.bundle.baseline.scores, self.contract.task
        edges = np.array([0.0, *scores.edges, 1.0])
        positive = int(np.searchsorted(scores.edges, self.contract.threshold, side="right"))
        scale = Scale(
            middles=(edges[:-1] + edges[1:]) / 2,
            positive_from=positive if task == "binary" else None,
            classes=confused_classes(self.contract),
            spread=(scores.sd or 1.0) if task == "regression" else None,
        )
        return Quality(
            scale,
            horizon_micros=self.terms.horizon,
            bucket_micros=self.contract.bucket_micros,
            window_micros=micros(self.settings.window),
        )
