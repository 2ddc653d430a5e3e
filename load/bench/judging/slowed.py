"""A scorer that rests for SLOWED_MILLIS in every batch: what the gate must notice; no setting of the scorer's own."""

import os
import sys
import time
from collections.abc import Iterable

from services.scorer.__main__ import main
from services.scorer.pipeline import Scorer
from stream.records import Batch, Writes

take = Scorer.take


def rested(self: Scorer, batch: Batch) -> Iterable[Writes]:
    """Take a batch, later."""
    time.sleep(float(os.environ["SLOWED_MILLIS"]) / 1000)
    return take(self, batch)


if __name__ == "__main__":
    Scorer.take = rested  # type: ignore[method-assign]  # the point of this file
    sys.exit(main())
