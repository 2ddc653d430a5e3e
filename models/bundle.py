"""The bundle: a directory whose every byte was checked before any of it is used."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from models import manifest as contents
from models.baseline import Baseline
from models.calibrator import Calibrator
from models.contract import Contract, ContractRefused, read_contract
from models.golden import Golden, read_golden
from models.manifest import Manifest

MODEL_LIMIT_BYTES = 200_000_000
FILE_LIMIT_BYTES = 20_000_000
REBUILD = "build the bundle again or restore it from where it came"


class BundleRefused(Exception):
    """The bundle must not be used; the message says what was found, what was expected and what to do."""


@dataclass(frozen=True)
class Bundle:
    """A model with all that serving and watching it need; `digest` is the SHA-256 (hex) of manifest.json."""

    contract: Contract
    onnx: bytes
    baseline: Baseline
    calibrator: Calibrator | None
    golden: Golden
    manifest: Manifest
    digest: str


def load_bundle(path: Path) -> Bundle:
    """Read the bundle at `path`: each file once, so that what was hashed is what is used.

    Raises BundleRefused for a directory or file that is missing, extra, changed, a link or too large, for a
    manifest that is not ours, and for parts that are invalid or do not fit each other.
    """
    present = _entries(path)
    if contents.NAME not in present:
        raise BundleRefused(
            f"{path}: found no {contents.NAME}, expected a bundle; make one with `driftline model build`"
        )
    text = _bytes(path / contents.NAME)
    try:
        manifest = contents.read_manifest(text)
    except ValueError as error:
        raise BundleRefused(f"{path / contents.NAME}: {error}; {REBUILD}") from error
    _complete(path, present, manifest)
    files = {name: _bytes(path / name) for name in sorted(manifest.files)}
    for name, expected in manifest.files.items():
        _unchanged(path / name, files[name], expected)
    return _assembled(path, files, manifest, contents.sha256(text))


def score_columns(contract: Contract) -> int:
    """How many scores a row has: one a class for multiclass, else one."""
    return max(1, len(contract.outputs.classes))


def limit_bytes(name: str) -> int:
    """The size above which the file `name` is refused."""
    return MODEL_LIMIT_BYTES if name == contents.MODEL else FILE_LIMIT_BYTES


def _entries(path: Path) -> set[str]:
    try:
        return {entry.name for entry in path.iterdir()}
    except OSError as error:
        raise BundleRefused(f"{path}: found {error.strerror}, expected a bundle directory; check the path") from error


def _complete(path: Path, present: set[str], manifest: Manifest) -> None:
    """Refuse a directory that does not hold exactly the files of its manifest."""
    listed = set(manifest.files)
    if lacking := contents.REQUIRED - listed:
        raise BundleRefused(f"{path / contents.NAME}: found no entry for {_names(lacking)}, expected one; {REBUILD}")
    if strange := listed - contents.KNOWN | listed & {contents.NAME}:
        raise BundleRefused(f"{path / contents.NAME}: found an entry for {_names(strange)}, expected none; {REBUILD}")
    if missing := listed - present:
        raise BundleRefused(f"{path}: found no {_names(missing)}, expected what the manifest lists; {REBUILD}")
    if extra := present - listed - {contents.NAME}:
        raise BundleRefused(f"{path}: found {_names(extra)}, expected only what the manifest lists; move it elsewhere")


def _names(names: set[str] | frozenset[str]) -> str:
    return ", ".join(sorted(names))


def _bytes(path: Path) -> bytes:
    """The bytes of one regular file within its limit."""
    limit = limit_bytes(path.name)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        found = "a symbolic link" if path.is_symlink() else str(error.strerror)
        raise BundleRefused(f"{path}: found {found}, expected a regular file; copy the file itself here") from error
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise BundleRefused(f"{path}: found no regular file, expected one; copy the file itself here")
        data = file.read(limit + 1)
    if len(data) > limit:
        raise BundleRefused(f"{path}: found more than {limit} bytes, expected at most {limit}; make the model smaller")
    return data


def _unchanged(path: Path, data: bytes, expected: contents.File) -> None:
    found = contents.sha256(data)
    if (found, len(data)) != (expected.sha256, expected.size):
        raise BundleRefused(
            f"{path}: found {len(data)} bytes with sha256 {found[:12]}, "
            f"expected {expected.size} with {expected.sha256[:12]}; {REBUILD}"
        )


def _assembled(path: Path, files: Mapping[str, bytes], manifest: Manifest, digest: str) -> Bundle:
    """Parse the checked bytes; the file that cannot be used is named."""
    name = contents.CONTRACT
    try:
        contract = read_contract(files[name].decode("utf-8"), where=name)
        name = contents.BASELINE
        baseline = Baseline.model_validate_json(files[name])
        name = contents.CALIBRATOR
        calibrator = Calibrator.model_validate_json(files[name]) if name in files else None
        name = contents.GOLDEN
        golden = read_golden(files[name], width=len(contract.features), columns=score_columns(contract))
    except ContractRefused as error:
        raise BundleRefused(f"{path / name}: {error}; {REBUILD}") from error
    except ValidationError as error:
        raise BundleRefused(f"{path / name}: {contents.first_fault(error)}; {REBUILD}") from error
    except ValueError as error:
        raise BundleRefused(f"{path / name}: {error}; {REBUILD}") from error
    _agreeing(path, contract, baseline, manifest)
    return Bundle(contract, files[contents.MODEL], baseline, calibrator, golden, manifest, digest)


def _agreeing(path: Path, contract: Contract, baseline: Baseline, manifest: Manifest) -> None:
    """Refuse parts that belong to different models."""
    found, expected = (manifest.model, manifest.version), (contract.model, contract.version)
    if found != expected:
        raise BundleRefused(
            f"{path / contents.NAME}: found {' '.join(found)}, expected the contract's {' '.join(expected)}; {REBUILD}"
        )
    if fault := _disagreement(baseline, contract):
        raise BundleRefused(f"{path / contents.BASELINE}: {fault}; {REBUILD}")


def _disagreement(baseline: Baseline, contract: Contract) -> str | None:
    """The first way in which `baseline` is not one of `contract`, in words; None if they agree."""
    found = [(f.name, f.kind, f.bins if f.kind == "category" else 0) for f in baseline.features]
    expected = [(feature.name, feature.type, len(feature.categories)) for feature in contract.features]
    if len(found) != len(expected):
        return f"found {len(found)} features, expected {len(expected)}"
    for ours, theirs in zip(found, expected, strict=True):
        if ours != theirs:
            return f"found feature {_described(*ours)}, expected {_described(*theirs)}"
    return None


def _described(name: str, kind: str, categories: int) -> str:
    return f"{name} ({kind}, {categories} categories)" if categories else f"{name} ({kind})"
