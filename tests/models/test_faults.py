"""Each way in which a bundle can be wrong is refused with its exact cause, in the order in which it is looked at."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from models import manifest as contents
from models.bundle import BundleRefused, load_bundle, read_bundle
from models.manifest import File, read_manifest, sealed
from tests.models.bundles import resealed


def flip(bundle: Path) -> None:
    """One bit of the model."""
    data = bytearray((bundle / "model.onnx").read_bytes())
    data[100] ^= 1
    (bundle / "model.onnx").write_bytes(data)


def rename(bundle: Path) -> None:
    """The model under another name."""
    (bundle / "model.onnx").rename(bundle / "model2.onnx")


def swap(bundle: Path) -> None:
    """Two files of the bundle, each under the other's name."""
    (bundle / "baseline.json").rename(bundle / "x")
    (bundle / "calibrator.json").rename(bundle / "baseline.json")
    (bundle / "x").rename(bundle / "calibrator.json")


def directory(bundle: Path) -> None:
    """A directory in the place of a file."""
    (bundle / "golden.jsonl").unlink()
    (bundle / "golden.jsonl").mkdir()


def pipe_as_manifest(bundle: Path) -> None:
    """A pipe that nobody writes to."""
    (bundle / contents.NAME).unlink()
    os.mkfifo(bundle / contents.NAME)


def nested(bundle: Path) -> None:
    """A directory beside the files."""
    (bundle / "more").mkdir()


def listed(**changes: object) -> Callable[[Path], None]:
    """The model's entry in the manifest, changed, under a seal that fits."""

    def change(bundle: Path) -> None:
        manifest = read_manifest((bundle / contents.NAME).read_bytes())
        entry = manifest.files["model.onnx"].model_copy(update=changes)
        changed = manifest.model_copy(update={"files": manifest.files | {"model.onnx": entry}})
        (bundle / contents.NAME).write_bytes(sealed(changed))

    return change


def signature_listed(bundle: Path) -> None:
    """A manifest that lists what can only come after it."""
    manifest = read_manifest((bundle / contents.NAME).read_bytes())
    files = manifest.files | {contents.SIGNATURE: File(sha256="0" * 64, size=0)}
    (bundle / contents.NAME).write_bytes(sealed(manifest.model_copy(update={"files": files})))


def linked_signature(bundle: Path) -> None:
    """A signature that is a symbolic link."""
    (bundle / contents.SIGNATURE).symlink_to("/proc/self/environ")


def sized(name: str, size: int) -> Callable[[Path], None]:
    """The file `name`, so many bytes long."""

    def grow(bundle: Path) -> None:
        with (bundle / name).open("ab") as file:
            file.truncate(size)

    return grow


def deep(bundle: Path) -> None:
    """A contract without an end to its brackets."""
    resealed(bundle, {"contract.yaml": b"[" * 100_000})


FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a flipped byte": (flip, r"tiny/model\.onnx: found \d+ bytes with sha256 \w{12}, expected \d+ with \w{12}"),
    "a renamed file": (rename, r"tiny: found no model\.onnx, expected what the manifest lists"),
    "two files swapped": (swap, r"tiny/baseline\.json: found \d+ bytes with sha256 \w{12}, expected"),
    "a directory": (
        directory,
        r"tiny/golden\.jsonl: found no regular file, expected a file of its own; copy",
    ),
    "a pipe for a manifest": (pipe_as_manifest, r"tiny/manifest\.json: found no regular file"),
    "a directory beside": (nested, "tiny: found more, expected only what the manifest lists"),
    "a wrong digest": (listed(sha256="0" * 64), r"model\.onnx: found .*, expected \d+ with 000000000000"),
    "a wrong size": (listed(size=1), r"model\.onnx: found \d+ bytes with sha256 \w{12}, expected 1 with"),
    "no digest": (listed(sha256="none"), r"manifest\.json: found a fault at files\.model\.onnx\.sha256"),
    "a listed signature": (signature_listed, r"manifest\.json: found an entry for manifest\.sig, expected none"),
    "a linked signature": (linked_signature, r"manifest\.sig: found a symbolic link, expected a regular file"),
    "a large signature": (sized("manifest.sig", 100_001), r"manifest\.sig: found more than 100000 bytes"),
    "a large contract": (sized("contract.yaml", 1_000_001), r"contract\.yaml: found more than 1000000 bytes"),
    "a large manifest": (sized("manifest.json", 20_000_001), r"manifest\.json: found more than 20000000 bytes"),
    "a deep contract": (deep, r"contract\.yaml: .*recursion"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_refused_with_its_cause(copied: Path, name: str) -> None:
    """The file, what was found in it and what was expected."""
    spoil, cause = FAULTS[name]
    spoil(copied)
    with pytest.raises(BundleRefused, match=cause):
        load_bundle(copied)


def test_a_hard_link_is_refused(copied: Path, tmp_path: Path) -> None:
    """Whoever holds another name of the file could change the bundle from elsewhere; a copy of it is fine."""
    (copied / "model.onnx").rename(tmp_path / "elsewhere")
    os.link(tmp_path / "elsewhere", copied / "model.onnx")
    with pytest.raises(BundleRefused, match=r"model\.onnx: found a hard link \(2 names of one file\)"):
        read_bundle(copied)
    (tmp_path / "elsewhere").unlink()
    load_bundle(copied)


def test_a_signature_changes_nothing_about_a_bundle(copied: Path, sound: Path) -> None:
    """Its bytes are kept for whoever has a key; nobody else looks at them."""
    (copied / contents.SIGNATURE).write_bytes(b"anything")
    assert read_bundle(copied).signature == b"anything"
    assert load_bundle(copied).digest == load_bundle(sound).digest
    assert read_bundle(sound).signature is None
