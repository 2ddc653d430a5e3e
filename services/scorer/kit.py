"""What a scorer holds while it runs: the bundle ready to serve, the codec, the names."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle
from models.contract import Contract
from models.decide import BINARY, classes, confused_classes
from schemas.columns import FeatureField, PackedField, Wanted
from schemas.durations import micros
from schemas.reader import Reader
from services.scorer.claims.claims import Claims
from services.scorer.core import Rules, compile_rules
from services.scorer.histograms import counting
from services.scorer.profile import Sizes
from services.scorer.serving.chain import Chain
from services.scorer.settings import Settings, Topics
from stream.dead_letters import Desk
from stream.tracing.spans import Spans

OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Kit:
    """Everything `Scorer` needs, made once at start; `bundle` is the one whose contract holds."""

    settings: Settings
    topics: Topics
    bundle: Bundle
    chain: Chain
    reader: Reader
    desk: Desk
    prediction_frame: bytes
    profile_frame: bytes
    partitions: int
    writer: str
    session_name: str
    claims: Claims | None = None
    spans: Spans | None = None

    @property
    def contract(self) -> Contract:
        """The bundle's contract."""
        return self.bundle.contract

    @property
    def sheds(self) -> bool:
        """Events that waited longer than the deadline are not the champion's, if somebody else can answer them."""
        others = self.chain.fallback is not None or self.contract.prior is not None
        return self.contract.overload == "degrade" and others

    @cached_property
    def deadline_millis(self) -> int:
        """The contract's deadline in whole milliseconds, as Kafka counts time."""
        return micros(self.contract.deadline) // 1000

    @cached_property
    def rules(self) -> Rules:
        """The contract as arrays."""
        return compile_rules(self.contract)

    @cached_property
    def segment_places(self) -> tuple[int, ...]:
        """Where the segment features stand in the matrix."""
        return tuple(self.contract.feature_names.index(name) for name in self.contract.segments)

    @cached_property
    def segment_values(self) -> tuple[tuple[str, ...], ...]:
        """What each code of each segment is called; the last is for whatever has no code."""
        features = [self.contract.features[place] for place in self.segment_places]
        return tuple((*(f.categories or BINARY), OTHER) for f in features)

    @cached_property
    def classes(self) -> int:
        """How many classes the confusion is counted of."""
        return confused_classes(self.contract)

    @cached_property
    def sizes(self) -> Sizes:
        """What a profile needs to know of bins and names."""
        return Sizes(
            count=counting(self.bundle.baseline),
            decision_names=classes(self.contract),
            segment_names=tuple(
                tuple(f"{name}={value}" for value in values)
                for name, values in zip(self.contract.segments, self.segment_values, strict=True)
            ),
        )

    def segment_codes(self, matrix: NDArray[np.float32]) -> NDArray[np.int32]:
        """The segment codes of each row, (n, S)."""
        codes = np.empty((len(matrix), len(self.segment_places)), np.int32)
        for column, place in enumerate(self.segment_places):
            other = len(self.segment_values[column]) - 1
            known = (matrix[:, place] >= 0) & (matrix[:, place] < other)
            codes[:, column] = np.where(known, matrix[:, place], other)
        return codes

    def named(self) -> dict[str, Any]:
        """Whose slices these are."""
        return {
            "model_version": self.contract.version,
            "bundle_digest": self.bundle.digest,
            "arm": self.settings.arm,
        }


def wanted_of(contract: Contract) -> Wanted:
    """What the codec must find in an event."""
    return Wanted(
        id=contract.event.id,
        time=contract.event.time,
        features=tuple(FeatureField(f.name, f.type, f.categories, f.nullable) for f in contract.features),
        packed=tuple(PackedField(f.field, at, f.size, f.width, f.nullable) for at, f in contract.packed.items()),
    )
