"""What the catalogue says of one metric."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What one metric is; `closed` holds the values a label may take where this room knows them all."""

    unit: str
    meaning: str
    labels: tuple[str, ...] = ()
    closed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    buckets: tuple[float, ...] = ()
