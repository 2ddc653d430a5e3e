"""The keys of a bundle's owner: what signs and checks is an extra, imported once a key is given."""

from collections.abc import Callable
from pathlib import Path

from models.bundle import BundleRefused, Sealed


class KeyUnusable(BundleRefused):
    """The key cannot be used, so no bundle can; the message says what was found and what was expected."""


def signature_by(key: Path, sealed: Sealed) -> bytes:
    """What manifest.sig must hold for `sealed` to be signed by the private key in the file `key`.

    Raises KeyUnusable.
    """
    sign, _ = _signing(key)
    return sign(sealed, key)


def check_signed(sealed: Sealed, key: Path) -> None:
    """Refuse a bundle whose bytes, as read, are not what the owner of the public key in the file `key` signed.

    Raises KeyUnusable, BundleRefused.
    """
    _, check = _signing(key)
    check(sealed, key)


def _signing(key: Path) -> tuple[Callable[[Sealed, Path], bytes], Callable[[Sealed, Path], None]]:
    """What signs and what checks."""
    try:
        from models.safety.signing import check_signature, sign  # noqa: PLC0415 - a second, and an extra
    except ModuleNotFoundError as error:
        fix = "install driftline[signing]"
        raise KeyUnusable(f"{key}: found no package {error.name}, expected what keys need; {fix}") from error
    return sign, check_signature
