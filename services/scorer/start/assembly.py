"""How a scorer is put together: bundles opened, a chain made of them, a kit made of all."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from models.bundle import Bundle, BundleRefused
from models.session import Session
from models.verify import verify
from schemas.reader import Reader
from services.scorer.claims.claims import Claims
from services.scorer.claims.opening import open_claims
from services.scorer.kit import Kit, wanted_of
from services.scorer.serving.breaker import Breaker, State
from services.scorer.serving.chain import Chain, places_in
from services.scorer.serving.deaths import Deaths
from services.scorer.serving.link import Link
from services.scorer.serving.worker import Worker
from services.scorer.settings import Settings, Topics
from services.scorer.watch import Role
from services.start.bundles import refusal
from services.start.schemas import Schemas
from stream.dead_letters import Desk
from stream.faults import Stopped
from stream.tracing.spans import Spans

MOST_DEATHS, FORGIVEN_SECONDS = 2, 300.0
JOINED_SECONDS = 60.0
"""By then a process has joined its group and met what killed the others."""
Tell = Callable[[Role, State, str], None]


@dataclass(frozen=True)
class Opened:
    """The bundles there are, each proven, with its session; `missing` says why the champion is not there."""

    champion: tuple[Bundle, Session] | None
    fallback: tuple[Bundle, Session] | None
    missing: str = ""

    @property
    def leading(self) -> Bundle:
        """The bundle whose contract holds."""
        first = self.champion or self.fallback
        assert first is not None, "open_bundles lets no scorer start without any"  # noqa: S101 - for the type checker
        return first[0]


def open_bundles(settings: Settings) -> Opened:
    """The champion and, where one is named, the fallback. Raises Stopped when none can be used."""
    fallback = None if settings.fallback is None else _needed(settings.fallback, settings.bundle_key)
    try:
        champion = look_up(settings)
    except BundleRefused as refused:
        if fallback is None:
            raise refusal(settings.bundle, refused) from refused
        return Opened(None, fallback, str(refused))
    opened = Opened(champion, fallback)
    if fallback is not None:
        try:
            places_in(champion[0].contract, fallback[0].contract)
        except BundleRefused as refused:
            raise refusal(settings.fallback or settings.bundle, refused) from refused
    return opened


def look_up(settings: Settings) -> tuple[Bundle, Session]:
    """The champion's bundle, proven. Raises BundleRefused."""
    return verify(settings.bundle, key=settings.bundle_key, digest=settings.bundle_digest)


def _needed(path: Path, key: Path | None) -> tuple[Bundle, Session]:
    try:
        return verify(path, key=key)
    except BundleRefused as refused:
        raise refusal(path, refused) from refused


def _deaths(settings: Settings, name: str) -> Deaths:
    try:
        return Deaths(None if settings.state is None else settings.state / name)
    except OSError as error:
        fix = "set SCORER_STATE to a directory that this process may write"
        raise Stopped(f"{settings.state}: {error}", fix=fix, configuration=True) from error


def chain_of(opened: Opened, settings: Settings, tell: Tell) -> Chain:
    """The chain of the bundles there are."""
    contract = opened.leading.contract

    def link(role: Role, found: tuple[Bundle, Session] | None) -> Link | None:
        if found is None:
            return None
        bundle, session = found
        deaths = _deaths(settings, f"{role}.{bundle.digest[:16]}.deaths")
        breaker = Breaker(
            failures=settings.breaker_failures,
            cool_seconds=settings.breaker_seconds,
            tell=lambda state, why: tell(role, state, why),
        )
        if (times := deaths.within(FORGIVEN_SECONDS)) >= MOST_DEATHS:
            # What killed the process comes again: it must be answered by somebody else.
            why = f"the process died {times} times inside of this model within {FORGIVEN_SECONDS:.0f} s"
            breaker.trip(why, at_least_seconds=JOINED_SECONDS)
        return Link(
            bundle,
            Worker(session, reopen=lambda: Session(bundle.onnx, bundle.contract), deaths=deaths),
            breaker,
            places=places_in(contract, bundle.contract),
            deadline_seconds=contract.deadline.total_seconds(),
        )

    return Chain(contract, link("champion", opened.champion), link("fallback", opened.fallback))


def claims_of(settings: Settings, topics: Topics) -> Claims | None:
    """The claims on ids, where duplicates are to be told. Raises Stopped for settings that cannot be right."""
    if settings.deduplicate is None or settings.redis is None:
        return None
    return open_claims(
        settings.redis,
        config=settings.redis_config,
        horizon=settings.deduplicate,
        tag=f"{settings.prefix}{topics.model}",
        group=topics.group,
        arm=settings.arm,
        topic=topics.features,
    )


def kit_of(
    opened: Opened,
    settings: Settings,
    topics: Topics,
    schemas: Schemas,
    *,
    tell: Tell,
    partitions: int,
    name: str,
    claims: Claims | None,
    spans: Spans | None = None,
) -> Kit:
    """Everything that a scorer needs to serve what was opened; `name` is this process's own."""
    contract = opened.leading.contract
    return Kit(
        settings=settings,
        topics=topics,
        bundle=opened.leading,
        chain=chain_of(opened, settings, tell),
        reader=Reader(
            wanted_of(contract), schemas.source, json=contract.format == "json", most_bytes=settings.event_bytes
        ),
        desk=Desk(
            topic=topics.dead_letters, group=topics.group, service="scorer", service_version=version("driftline")
        ),
        prediction_frame=schemas.frame(topics.predictions, "prediction"),
        profile_frame=schemas.frame(topics.profiles, "profile"),
        partitions=partitions,
        writer=settings.slot or f"scorer-{name}",
        session_name=name,
        claims=claims,
        spans=spans,
    )
