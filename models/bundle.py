"""The bundle: a directory whose every byte was checked before any of it is used."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from models import manifest as contents
from models.agreement import disagreement, strangeness_disagreement
from models.baseline import Baseline
from models.calibrator import Calibrator
from models.contract import Contract, ContractRefused, read_contract
from models.golden import Golden, read_golden
from models.manifest import Manifest
from models.ood import OutOfDistribution

MODEL_LIMIT_BYTES = 200_000_000
FILE_LIMIT_BYTES = 20_000_000
# A contract of 2,000 features is 0.3 MB, and YAML takes a second for each; a signature is 4 kB.
SMALL_LIMITS_BYTES = {contents.CONTRACT: 1_000_000, contents.SIGNATURE: 100_000}
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
    ood: OutOfDistribution | None = None


@dataclass(frozen=True)
class Sealed:
    """The bytes of a bundle whose digests are the manifest's, of which nothing but the manifest was parsed yet.

    `signature` is what manifest.sig holds, None without one; nobody has checked it.
    """

    path: Path
    files: Mapping[str, bytes]
    manifest: Manifest
    digest: str
    signature: bytes | None

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 (hex) of the bytes of every file, the manifest's among them."""
        return {name: file.sha256 for name, file in self.manifest.files.items()} | {contents.NAME: self.digest}


def load_bundle(path: Path) -> Bundle:
    """Read the bundle at `path`: each file once, so that what was hashed is what is used.

    Raises BundleRefused for a directory or file that is missing, extra, changed, a link or too large, for a
    manifest that is not ours, and for parts that are invalid or do not fit each other.
    """
    return assembled(read_bundle(path))


def read_bundle(path: Path) -> Sealed:
    """The first half of `load_bundle`: the bytes, each file's read once and as the manifest says.

    Raises BundleRefused.
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
    signature = _bytes(path / contents.SIGNATURE) if contents.SIGNATURE in present else None
    return Sealed(path, files, manifest, contents.sha256(text), signature)


def score_columns(contract: Contract) -> int:
    """How many scores a row has: one a class for multiclass, else one."""
    return max(1, len(contract.outputs.classes))


def limit_bytes(name: str) -> int:
    """The size above which the file `name` is refused."""
    return MODEL_LIMIT_BYTES if name == contents.MODEL else SMALL_LIMITS_BYTES.get(name, FILE_LIMIT_BYTES)


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
    if strange := listed - contents.KNOWN | listed & contents.UNLISTED:
        raise BundleRefused(f"{path / contents.NAME}: found an entry for {_names(strange)}, expected none; {REBUILD}")
    if missing := listed - present:
        raise BundleRefused(f"{path}: found no {_names(missing)}, expected what the manifest lists; {REBUILD}")
    if extra := present - listed - contents.UNLISTED:
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
    about = os.fstat(descriptor)
    is_file = stat.S_ISREG(about.st_mode)
    if not is_file or about.st_nlink > 1:
        os.close(descriptor)
        found = f"a hard link ({about.st_nlink} names of one file)" if is_file else "no regular file"
        raise BundleRefused(f"{path}: found {found}, expected a file of its own; copy the file itself here")
    with os.fdopen(descriptor, "rb") as file:
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


def assembled(sealed: Sealed) -> Bundle:
    """The second half of `load_bundle`: parse the checked bytes.

    Raises BundleRefused naming the file that cannot be used.
    """
    path, files, manifest = sealed.path, sealed.files, sealed.manifest
    name = contents.CONTRACT
    try:
        contract = read_contract(files[name].decode("utf-8"), where=name)
        name = contents.BASELINE
        baseline = Baseline.model_validate_json(files[name])
        name = contents.CALIBRATOR
        calibrator = Calibrator.model_validate_json(files[name]) if name in files else None
        name = contents.OOD
        ood = OutOfDistribution.model_validate_json(files[name]) if name in files else None
        name = contents.GOLDEN
        golden = read_golden(files[name], width=len(contract.features), columns=score_columns(contract))
    except ContractRefused as error:
        raise BundleRefused(f"{path / name}: {error}; {REBUILD}") from error
    except ValidationError as error:
        raise BundleRefused(f"{path / name}: {contents.first_fault(error)}; {REBUILD}") from error
    except (ValueError, RecursionError) as error:  # YAML nests without end
        raise BundleRefused(f"{path / name}: {error}; {REBUILD}") from error
    _agreeing(path, contract, baseline, manifest)
    if ood and (fault := strangeness_disagreement(ood, contract)):
        raise BundleRefused(f"{path / contents.OOD}: {fault}; {REBUILD}")
    return Bundle(contract, files[contents.MODEL], baseline, calibrator, golden, manifest, sealed.digest, ood)


def _agreeing(path: Path, contract: Contract, baseline: Baseline, manifest: Manifest) -> None:
    """Refuse parts that belong to different models."""
    found, expected = (manifest.model, manifest.version), (contract.model, contract.version)
    if found != expected:
        raise BundleRefused(
            f"{path / contents.NAME}: found {' '.join(found)}, expected the contract's {' '.join(expected)}; {REBUILD}"
        )
    if fault := disagreement(baseline, contract):
        raise BundleRefused(f"{path / contents.BASELINE}: {fault}; {REBUILD}")
