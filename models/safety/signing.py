"""The signature of a bundle: made and checked with OpenSSF model-signing over the very bytes that were read."""

import tempfile
from pathlib import Path, PurePosixPath
from typing import Any

from model_signing import manifest, signing, verifying

from models.bundle import BundleRefused, Sealed
from models.manifest import SIGNATURE
from models.safety.keys import KeyUnusable
from models.safety.words import tame

CURVES = "a PEM file with an elliptic-curve key (P-256, P-384 or P-521) and no password"


class _Read:
    """Digests of the bytes that were read, in the place of model-signing's `hashing.Config`.

    That one hashes a directory on disk, leaving out what the signature says to leave out. Here every file counts,
    and it is the bytes in memory that are signed and that a signature must name.
    """

    def __init__(self, sealed: Sealed) -> None:
        self._digests = sealed.digests

    def hash(self, model_path: Path, *, files_to_hash: object = None) -> Any:  # noqa: ARG002 - the library's words
        """The manifest of what was read, whatever the disk holds by now."""
        kind = manifest.SerializationType.from_args(
            {"method": "files", "hash_type": "sha256", "allow_symlinks": False, "ignore_paths": []}
        )
        items = [
            kind.new_item(str(PurePosixPath(name)), manifest.hashing.Digest("sha256", bytes.fromhex(digest)))
            for name, digest in self._digests.items()
        ]
        return manifest.Manifest(model_path.name, items, kind)

    def add_ignored_paths(self, *, model_path: object, paths: object) -> None:
        """Leave nothing out."""


def sign(sealed: Sealed, key: Path) -> bytes:
    """The signature of `sealed` by the private key in the file `key`, as manifest.sig holds it.

    It names every file with its SHA-256; the stock `model_signing verify key` reads it too. Raises KeyUnusable.
    """
    maker = signing.Config().set_hashing_config(_Read(sealed))
    try:
        maker.use_elliptic_key_signer(private_key=key)
    except Exception as error:  # cryptography tells a key's faults by many classes
        raise KeyUnusable(f"{key}: found {_fault(error)}, expected {CURVES}") from error
    with tempfile.TemporaryDirectory() as room:
        maker.sign(sealed.path.absolute(), Path(room) / SIGNATURE)
        return (Path(room) / SIGNATURE).read_bytes()


def check_signature(sealed: Sealed, key: Path) -> None:
    """Refuse a bundle whose bytes, as read, are not exactly what the owner of the public key in `key` signed.

    Raises KeyUnusable for the key, else BundleRefused: no signature, another key's, another bundle's, a broken one.
    """
    checker = verifying.Config().set_hashing_config(_Read(sealed))
    try:
        checker.use_elliptic_key_verifier(public_key=key)
    except Exception as error:  # cryptography tells a key's faults by many classes
        raise KeyUnusable(f"{key}: found {_fault(error)}, expected {CURVES}") from error
    place = sealed.path / SIGNATURE
    if sealed.signature is None:
        raise BundleRefused(f"{place}: found no signature, expected one by {key}; `driftline model sign` makes it")
    with tempfile.TemporaryDirectory() as room:
        # The library reads a file; this one holds what was read from the bundle, and nobody else may write it.
        (Path(room) / SIGNATURE).write_bytes(sealed.signature)
        try:
            checker.verify(sealed.path, Path(room) / SIGNATURE)
        except Exception as error:  # a signature of a stranger's making fails in as many ways
            fault = _difference(error, sealed) or _fault(error)
            raise BundleRefused(f"{place}: found {fault}, expected this bundle signed by {key}") from error


def _difference(error: Exception, sealed: Sealed) -> str | None:
    """Which files a good signature does not fit; the library says it with digests in a notation for machines."""
    if "Signature mismatch" not in str(error):
        return None
    names = [name for name in sorted(sealed.digests) if name in str(error)]
    return f"a signature of other bytes for {', '.join(names) or 'files that are not here'}"


def _fault(error: Exception) -> str:
    """What `error` says, in a line."""
    if isinstance(error, OSError):
        return str(error.strerror)
    if type(error).__name__ == "InvalidSignature":
        return "a signature that does not fit what it signs"
    return tame(str(error)) or type(error).__name__
