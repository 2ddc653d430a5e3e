"""The place a bundle is written to: nothing else is overwritten, and nothing half is left there."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from models import manifest as contents
from models.bundle import Bundle, BundleRefused, limit_bytes, load_bundle

WANTED = "expected a new directory or an earlier bundle; choose another one"


class TargetRefused(ValueError):
    """The bundle cannot be written there; the message says what was found, expected and to be done."""


def check_target(out: Path) -> None:
    """Refuse to write over anything that is not a bundle or an empty directory.

    Raises TargetRefused.
    """
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise TargetRefused(f"{out}: found {'a symbolic link' if out.is_symlink() else 'a file'}, {WANTED}")
    present = {entry.name for entry in out.iterdir()} if out.exists() else set()
    strange = present - contents.KNOWN - contents.UNLISTED
    if present and (contents.NAME not in present or strange):
        found = ", ".join(sorted(strange)) or f"no {contents.NAME}"
        raise TargetRefused(f"{out}: found {found}, {WANTED}")


def write_bundle(out: Path, files: Mapping[str, bytes]) -> Bundle:
    """Write `files` beside `out`, prove that they load, then rename; an earlier bundle steps aside first.

    Raises BundleRefused when a file is too large to be loaded again.
    """
    for name, data in files.items():
        if len(data) > limit_bytes(name):
            raise BundleRefused(f"{name}: found {len(data)} bytes, expected at most {limit_bytes(name)}; use less")
    out = out.absolute()
    out.parent.mkdir(parents=True, exist_ok=True)
    room = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        made = room / "made"
        made.mkdir()
        for name, data in files.items():
            (made / name).write_bytes(data)
        bundle = load_bundle(made)
        if out.exists():
            out.rename(room / "earlier")
        made.rename(out)
    finally:
        shutil.rmtree(room)
    return bundle
