"""What a stack should consist of: Kafka, topics, schemas, services."""

import sys
from pathlib import Path

from driftline.local.state import Kept
from driftline.output import Refusal

FIRST_ADMIN_PORT = 9101


class Service(Kept):
    """A process to start: `command` is run with `settings` as variables that begin with `variables`.

    Every service is also told BROKERS, SCHEMAS, PREFIX and ADMIN_PORT, and answers GET /readyz on that port.
    """

    name: str
    command: tuple[str, ...]
    variables: str
    settings: dict[str, str]


class Plan(Kept):
    """What `up` was asked for; `brokers` None means the embedded Kafka, under `directory`/kafka."""

    directory: Path
    brokers: str | None = None
    prefix: str = ""
    partitions: int = 12
    models: tuple[str, ...] = ()
    services: tuple[Service, ...] = ()

    @property
    def schemas(self) -> Path:
        """The schema directory that every service of this stack reads."""
        return self.directory / "schemas"

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


def services_of(bundles: list[Path]) -> tuple[tuple[str, ...], tuple[Service, ...]]:
    """The models of `bundles` and the processes that serve them.

    Raises Refusal when a bundle cannot be used, or two hold the same model.
    """
    models = tuple(model_of(bundle) for bundle in bundles)
    twice = sorted({model for model in models if models.count(model) > 1})
    if twice:
        raise Refusal(
            f"two bundles hold the model {twice[0]}",
            cause="one process serves one model; two on the same topics would share the rows between them",
            fix="give each model once, or start the second with its own --state and --prefix",
        )
    return models, tuple(_scorer(model, bundle) for model, bundle in zip(models, bundles, strict=True))


def _scorer(model: str, bundle: Path) -> Service:
    return Service(
        name=f"{model}.scorer-0",
        command=(sys.executable, "-m", "services.scorer"),
        variables="SCORER_",
        settings={"BUNDLE": str(bundle.resolve()), "SLOT": "scorer-0", "BEGIN": "earliest"},
    )
