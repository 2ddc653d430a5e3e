"""Verification: whether a bundle is whole, its owner's, harmless, and still gives the answers it was built with."""

from dataclasses import dataclass
from pathlib import Path

from models.bundle import Bundle, BundleRefused, assembled, read_bundle
from models.golden import first_difference
from models.manifest import GOLDEN
from models.safety.keys import check_signed
from models.safety.limits import LIMITS, Limits
from models.safety.trial import Trial, tried
from models.session import ModelFault, Session


@dataclass(frozen=True)
class Proof:
    """A bundle that passed, its model in memory, what the trial saw, and the key that had signed it, if asked."""

    bundle: Bundle
    session: Session
    trial: Trial
    signed_by: Path | None


def verify(
    path: Path, *, key: Path | None = None, digest: str | None = None, limits: Limits = LIMITS
) -> tuple[Bundle, Session]:
    """The bundle at `path` with its model in memory, once everything about it was proven; see `proven`.

    Raises BundleRefused with the exact cause.
    """
    proof = proven(path, key=key, digest=digest, limits=limits)
    return proof.bundle, proof.session


def proven(path: Path, *, key: Path | None = None, digest: str | None = None, limits: Limits = LIMITS) -> Proof:
    """Read the bundle at `path` once and prove those bytes: digests, signature, pin, model, golden rows, in this order.

    `key` is a file with the public key that must have signed the bundle; `digest` is the only bundle to be accepted
    (SHA-256 of manifest.json, hex), which keeps out an older one with a good signature. The model is linted, loaded
    and run in a child process before this one opens it: a session that serves meanwhile feels nothing. Raises
    BundleRefused with the exact cause.
    """
    sealed = read_bundle(path)
    if key is not None:
        check_signed(sealed, key)
    if digest is not None and sealed.digest != digest:
        raise BundleRefused(
            f"{path}: found the bundle {sealed.digest}, expected {digest}; restore that one or pin this"
        )
    bundle = assembled(sealed)
    try:
        trial = tried(bundle.onnx, bundle.contract, bundle.golden, limits=limits)
        return Proof(bundle, proven_session(bundle), trial, key)
    except BundleRefused as error:
        raise BundleRefused(f"{path}/{error}; build the bundle again with this model and contract") from error


def proven_session(bundle: Bundle) -> Session:
    """The bundle's model, once its golden rows came out as expected, for a bundle whose maker is trusted.

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
