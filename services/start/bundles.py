"""How a service says that it cannot use a bundle."""

from pathlib import Path

from models.bundle import BundleRefused
from stream.faults import Stopped


def refusal(path: Path, refused: BundleRefused) -> Stopped:
    """The bundle at `path` cannot be used, for this reason; whoever configured it is to look."""
    return Stopped(
        f"bundle refused: {refused}",
        cause="the bundle is incomplete, changed, or does not do what it was built to do",
        fix=f"`driftline model verify {path}` says more; build it again or serve another",
        configuration=True,
    )
