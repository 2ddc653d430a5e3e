"""What every service does with records it cannot use: it counts them, up to a limit that restarts do not lift."""

from collections.abc import Mapping
from dataclasses import replace

from schemas.columns import FAULTS
from services.start.settings import ServiceSettings
from stream.limiter import Limiter, Limits, with_run, without_run
from stream.records import Place, Start


class SettingAside:
    """Judges what cannot be read; runs of dead letters travel with the committed offsets."""

    def __init__(self, told: ServiceSettings, prefix: str) -> None:
        """`prefix` is what the settings' variables begin with."""
        limits = Limits(
            share=told.dead_share,
            window=told.dead_window,
            consecutive=told.dead_consecutive,
            names=(f"{prefix}DEAD_SHARE", f"{prefix}DEAD_CONSECUTIVE"),
        )
        self._limiter = Limiter(limits, FAULTS)

    def assigned(self, starts: Mapping[Place, Start]) -> dict[Place, Start]:
        """Take up each partition's run; the starts without it."""
        self._limiter.assigned({place: start.metadata for place, start in starts.items()})
        return {place: replace(start, metadata=without_run(start.metadata)) for place, start in starts.items()}

    def committed(self) -> None:
        """What was set aside stays so."""
        self._limiter.committed()

    def aborted(self) -> None:
        """It will be read again."""
        self._limiter.aborted()

    def metadata(self, said: Mapping[Place, str]) -> dict[Place, str]:
        """`said`, with each partition's run."""
        return {place: with_run(text, self._limiter.run(place)) for place, text in said.items()}
