"""What a stack should consist of: Kafka, Redis where a service needs it, topics, schemas, services."""

import sys
from collections.abc import Collection, Sequence
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from driftline.local.observed import Observing
from driftline.local.state import Kept
from driftline.local.valkey import MEMORY
from driftline.output import Refusal

FIRST_ADMIN_PORT = 9101

Role = Literal["scorer", "labeler", "drift", "notifier"]
ROLES: tuple[Role, ...] = ("scorer", "labeler", "drift")
"""Those of every stack; a notifier is started for whom it is to tell."""
NOTIFIER_NEEDS = "faust-streaming"
READY_WITHIN_SECONDS, EDGE_WITHIN_SECONDS = 90.0, 20.0


class Service(Kept):
    """A process to start: `command` is run with `settings` as variables that begin with `variables`.

    Every service is also told BROKERS, SCHEMAS, PREFIX, STATE and ADMIN_PORT, and answers GET /readyz on that port;
    one that needs Redis is told REDIS. A stack is up without one that is not needed: an Alertmanager that is down
    holds up nobody.
    """

    name: str
    command: tuple[str, ...]
    variables: str
    settings: dict[str, str]
    needs_redis: bool = False
    is_needed: bool = True


class Plan(Kept):
    """What `up` was asked for; `brokers` None means the embedded Kafka, under `directory`/kafka.

    `redis` None means the embedded Valkey, under `directory`/redis, started only if a service needs it; it holds
    `redis_memory` at most.
    """

    directory: Path
    brokers: str | None = None
    redis: str | None = None
    redis_memory: str = MEMORY
    prefix: str = ""
    partitions: int = 12
    models: tuple[str, ...] = ()
    services: tuple[Service, ...] = ()
    observing: Observing | None = None
    """The ports of Prometheus and Alertmanager, where they are wanted."""

    @property
    def schemas(self) -> Path:
        """The schema directory that every service of this stack reads."""
        return self.directory / "schemas"

    @property
    def needs_redis(self) -> bool:
        """Whether any service does."""
        return any(service.needs_redis for service in self.services)

    @property
    def bundles(self) -> tuple[Path, ...]:
        """The bundles that its services use, each once."""
        said = (Path(service.settings["BUNDLE"]) for service in self.services if "BUNDLE" in service.settings)
        return tuple(dict.fromkeys(said))

    def patience_with(self, name: str) -> tuple[float, bool]:
        """How many seconds to wait until the member `name` is ready, and whether the stack is not up without it."""
        is_needed = all(service.is_needed for service in self.services if service.name == name)
        return (READY_WITHIN_SECONDS if is_needed else EDGE_WITHIN_SECONDS), is_needed

    def log_of(self, name: str) -> Path:
        """Where the member `name` writes its log."""
        return self.directory / "logs" / f"{name}.log"


def model_of(bundle: Path) -> str:
    """The name of the model in the bundle at `bundle`.

    Raises Refusal when the bundle cannot be used.
    """
    from models.bundle import BundleRefused, load_bundle  # noqa: PLC0415 - half a second

    try:
        return load_bundle(bundle).contract.model
    except BundleRefused as refused:
        raise Refusal(
            f"bundle refused: {refused}",
            cause="the bundle is incomplete, changed, or does not do what it was built to do",
            fix=f"`driftline model verify {bundle}` says more; build it again, or give another --bundle",
        ) from refused


def services_of(
    bundles: list[Path],
    *,
    fallbacks: list[Path] | None = None,
    deduplicate: timedelta | None = None,
    roles: Collection[Role] = ROLES,
    alertmanagers: Sequence[str] = (),
) -> tuple[tuple[str, ...], tuple[Service, ...]]:
    """The models of `bundles` and the processes of `roles` for them, each with the one of `fallbacks` for its model.

    With `deduplicate` an event that was sent twice within so long is scored once, for which scorers need Redis; a
    labeler always needs it. Alerts are posted to the `alertmanagers`. Raises Refusal when a bundle cannot be used, or
    two hold the same model.
    """
    models = tuple(model_of(bundle) for bundle in bundles)
    twice = sorted({model for model in models if models.count(model) > 1})
    if twice:
        raise Refusal(
            f"two bundles hold the model {twice[0]}",
            cause="one process serves one model; two on the same topics would share the rows between them",
            fix="give each model once, or start the second with its own --state and --prefix",
        )
    seconds = {model_of(fallback): fallback for fallback in fallbacks or []}
    if strange := sorted(seconds.keys() - set(models)):
        raise Refusal(f"nothing serves the model {strange[0]}, which --fallback names", fix="give its --bundle as well")
    services: list[Service] = []
    for model, bundle in zip(models, bundles, strict=True):
        if "scorer" in roles:
            services.append(_scorer(model, bundle, seconds.get(model), deduplicate))
        if "labeler" in roles:
            services.append(_labeler(model, bundle))
        if "drift" in roles:
            services.append(_service(model, "drift", _settings(bundle, "drift"), needs_redis=False))
        if alertmanagers:
            services.append(_notifier(model, alertmanagers))
    return models, tuple(services)


def _scorer(model: str, bundle: Path, fallback: Path | None, deduplicate: timedelta | None) -> Service:
    settings = _settings(bundle, "scorer")
    if fallback is not None:
        settings["FALLBACK"] = str(fallback.resolve())
    if deduplicate is not None:
        settings["DEDUPLICATE"] = f"{deduplicate // timedelta(milliseconds=1)}ms"
    return _service(model, "scorer", settings, needs_redis=deduplicate is not None)


def _labeler(model: str, bundle: Path) -> Service:
    return _service(model, "labeler", _settings(bundle, "labeler"), needs_redis=True)


def _notifier(model: str, alertmanagers: Sequence[str]) -> Service:
    try:
        version(NOTIFIER_NEEDS)
    except PackageNotFoundError:
        fix = "install requirements/notifier.txt (the extra `notifier`), or leave --alertmanager out"
        raise Refusal("the notifier cannot be started", cause="its packages are not installed", fix=fix) from None
    settings = {"MODEL": model, "ALERTMANAGERS": ",".join(alertmanagers), "SLOT": "notifier-0"}
    return _service(model, "notifier", settings, needs_redis=False).model_copy(update={"is_needed": False})


def _settings(bundle: Path, role: Role) -> dict[str, str]:
    return {"BUNDLE": str(bundle.resolve()), "SLOT": f"{role}-0", "BEGIN": "earliest"}


def _service(model: str, role: Role, settings: dict[str, str], *, needs_redis: bool) -> Service:
    return Service(
        name=f"{model}.{role}-0",
        command=(sys.executable, "-m", f"services.{role}"),
        variables=f"{role.upper()}_",
        settings=settings,
        needs_redis=needs_redis,
    )
