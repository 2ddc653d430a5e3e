"""The account of the open transaction: what became of each record, on its way into the profile."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from schemas.profile import Head, parts, profile_values
from services.scorer.kit import Kit
from services.scorer.profile import Seen, slices, together
from stream.accounts import Counts
from stream.ledger import AT_LEAST_ONCE
from stream.records import Writes


class Account(Counts):
    """Counts a partition, reasons, scored rows; forgotten when the transaction ends."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._sequence = 0
        super().__init__()

    def forget(self) -> None:
        """Begin anew."""
        super().forget()
        self._seen: list[Seen] = []
        self._reasons: Counter[str] = Counter()

    def serve(self, kit: Kit) -> None:
        """Go on for another bundle, between two transactions."""
        self._kit = kit

    def reasons(self, counts: Mapping[str, int]) -> None:
        """So many rows carry each of these reasons."""
        self._reasons.update(counts)

    def saw(self, seen: Seen) -> None:
        """These rows were scored."""
        self._seen.append(seen)

    def profile(self, ranges: Sequence[Mapping[str, Any]]) -> Writes:
        """The transaction's profile, in as many parts as it needs; ranges and reasons stand in the first."""
        kit = self._kit
        pieces = slices(together(self._seen), kit.sizes, kit.named()) if self._seen else ()
        groups = parts(pieces, kit.settings.profile_bytes)
        first = {"ranges": ranges, "reasons": self._reasons}
        said = {"sequence": self._sequence, "written_at": time.time_ns() // 1000}
        values = profile_values(self._head(), first, groups, kit.profile_frame, **said)
        self._sequence += 1
        return Writes(
            topic=kit.topics.profiles,
            values=values,
            keys=[kit.writer.encode()] * len(values),
            partitions=[0] * len(values),
            # No field of its own: of what is written as promised nothing need be said.
            headers=None if kit.settings.delivery == "exactly_once" else [[AT_LEAST_ONCE]] * len(values),
        )

    def _head(self) -> Head:
        kit = self._kit
        return Head(
            role="scorer",
            group=kit.topics.group,
            arm=kit.settings.arm,
            writer=kit.writer,
            session=kit.session_name,
            model=kit.contract.model,
            bucket_micros=kit.contract.bucket_micros,
        )
