"""Verification: whether a bundle still gives the answers it was built with."""

from pathlib import Path

from models.bundle import Bundle, BundleRefused, load_bundle
from models.golden import first_difference
from models.manifest import GOLDEN
from models.session import ModelFault, Session


def verify(path: Path) -> tuple[Bundle, Session]:
    """Load the bundle at `path`, open its model, run its golden rows.

    Raises BundleRefused with the exact cause.
    """
    bundle = load_bundle(path)
    try:
        return bundle, proven_session(bundle)
    except BundleRefused as error:
        raise BundleRefused(f"{path}/{error}; build the bundle again with this model and contract") from error


def proven_session(bundle: Bundle) -> Session:
    """The bundle's model, once its golden rows came out as expected.

    Raises BundleRefused naming the first golden row that differs.
    """
    session = Session(bundle.onnx, bundle.contract)
    try:
        found = session.score(bundle.golden.matrix)
    except ModelFault as error:
        raise BundleRefused(f"{GOLDEN}: found {error}") from error
    if fault := first_difference(bundle.golden, found):
        built = bundle.manifest.built_with.get("onnxruntime", "an unknown version")
        raise BundleRefused(f"{GOLDEN}: {fault} (built with onnxruntime {built})")
    return session
