"""A bundle is loaded whole and unchanged, or refused with the file named."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from models import manifest as contents
from models.bundle import Bundle, BundleRefused, load_bundle
from models.manifest import File, read_manifest, sealed, sha256
from tests.models.bundles import contract_text, make_bundle, resealed

NAMES = sorted(contents.KNOWN)


def test_a_bundle_comes_back_as_it_was_built(sound: Path) -> None:
    """Loading gives the very parts, and the digest is the manifest's."""
    bundle = load_bundle(sound)
    assert bundle.onnx == (sound / "model.onnx").read_bytes()
    assert bundle.digest == sha256((sound / "manifest.json").read_bytes())
    assert bundle.contract.model == "tiny"
    assert bundle.calibrator is not None
    assert set(bundle.manifest.files) == set(NAMES) - {contents.NAME}
    assert bundle.manifest.metrics["held_out_auc"] == 0.75


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=some.sampled_from(NAMES), place=some.floats(0, 1, exclude_max=True), flip=some.integers(1, 255))
def test_any_changed_byte_is_refused_by_the_name_of_its_file(
    sound: Path, tmp_path: Path, name: str, place: float, flip: int
) -> None:
    """Not one byte of a bundle can change unnoticed."""
    spoilt = Path(shutil.copytree(sound, tmp_path / "spoilt", dirs_exist_ok=True))
    data = bytearray((spoilt / name).read_bytes())
    data[int(place * len(data))] ^= flip
    (spoilt / name).write_bytes(data)
    with pytest.raises(BundleRefused, match=name):
        load_bundle(spoilt)


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_file_is_named(copied: Path, name: str) -> None:
    """Whichever it is."""
    (copied / name).unlink()
    with pytest.raises(BundleRefused, match=f"found no {name}"):
        load_bundle(copied)


def test_an_extra_file_is_named(copied: Path) -> None:
    """A bundle holds what its manifest lists and nothing else, hidden files among it."""
    (copied / ".notes").write_text("x", encoding="utf-8")
    with pytest.raises(BundleRefused, match=r"found \.notes, expected only what the manifest lists"):
        load_bundle(copied)


@pytest.mark.parametrize("name", NAMES)
def test_a_symbolic_link_is_refused(copied: Path, sound: Path, name: str) -> None:
    """Even to the right bytes: what it points to may change."""
    (copied / name).unlink()
    (copied / name).symlink_to(sound / name)
    with pytest.raises(BundleRefused, match=f"{name}: found a symbolic link"):
        load_bundle(copied)


def test_a_pipe_is_refused_without_waiting(copied: Path) -> None:
    """A file that is no file must not hang the reader."""
    (copied / "model.onnx").unlink()
    os.mkfifo(copied / "model.onnx")
    with pytest.raises(BundleRefused, match=r"model\.onnx: found no regular file"):
        load_bundle(copied)


@pytest.mark.parametrize(("name", "limit"), [("model.onnx", 200_000_000), ("golden.jsonl", 20_000_000)])
def test_an_oversize_file_is_refused(copied: Path, name: str, limit: int) -> None:
    """Before it is hashed or parsed."""
    with (copied / name).open("r+b") as file:
        file.truncate(limit + 1)
    with pytest.raises(BundleRefused, match=f"{name}: found more than {limit} bytes"):
        load_bundle(copied)


def test_a_directory_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """As is one that is a file."""
    with pytest.raises(BundleRefused, match="No such file or directory, expected a bundle directory"):
        load_bundle(tmp_path / "nowhere")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(BundleRefused, match="Not a directory, expected a bundle directory"):
        load_bundle(tmp_path / "file")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"{", "found no JSON"),
        (b"[" * 100_000, "found no JSON"),
        (b"[]", "found format version None, expected 1"),
        (b'{"format": 2}', "found format version 2, expected 1"),
        (b'{"format": 1}', "found a fault at model: Field required"),
    ],
)
def test_a_manifest_that_is_none_is_refused(copied: Path, text: bytes, said: str) -> None:
    """Not JSON, another format, a key missing."""
    (copied / contents.NAME).write_bytes(text)
    with pytest.raises(BundleRefused, match=said):
        load_bundle(copied)


def test_an_edited_manifest_breaks_its_seal(copied: Path) -> None:
    """A number made nicer by hand is seen."""
    text = (copied / contents.NAME).read_text(encoding="utf-8")
    (copied / contents.NAME).write_text(text.replace('"held_out_auc": 0.75', '"held_out_auc": 0.95'), encoding="utf-8")
    with pytest.raises(BundleRefused, match=r"manifest\.json: found bytes that its seal"):
        load_bundle(copied)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("contract.yaml", b"model: tiny\n", "contract.yaml: version: Field required"),
        ("contract.yaml", b"\xff", "contract.yaml: .*utf-8"),
        (
            "contract.yaml",
            contract_text(version="2").encode(),
            "found tiny 1, expected the contract's tiny 2",
        ),
        (
            "contract.yaml",
            contract_text(features=[{"name": "a", "type": "int"}]).encode(),
            "golden.jsonl: line 1",
        ),
        ("baseline.json", b"{}", "baseline.json: found a fault at blocks"),
        ("calibrator.json", b"[]", "calibrator.json: found a fault"),
        ("golden.jsonl", b"", "golden.jsonl: found no row"),
        ("golden.jsonl", b'{"row": [1]}\n', "golden.jsonl: line 1"),
    ],
)
def test_a_part_that_cannot_be_is_refused_by_name(copied: Path, name: str, data: bytes, said: str) -> None:
    """Even when the manifest fits its bytes."""
    resealed(copied, {name: data})
    with pytest.raises(BundleRefused, match=said):
        load_bundle(copied)


def test_another_models_baseline_is_refused(copied: Path, tmp_path: Path) -> None:
    """Names, types and categories must be the contract's."""
    features = [{"name": n, "type": "float"} for n in ("amount", "hour", "weekend", "carrier", "wind")]
    make_bundle(tmp_path / "other", features=features)
    resealed(copied, {"baseline.json": (tmp_path / "other/baseline.json").read_bytes()})
    with pytest.raises(BundleRefused, match=r"found feature hour \(float\), expected hour \(int\)"):
        load_bundle(copied)


def test_a_manifest_cannot_list_files_of_its_own_choice(copied: Path) -> None:
    """What is not part of a bundle is not read, wherever it lies."""
    manifest = read_manifest((copied / contents.NAME).read_bytes())
    files = manifest.files | {"../secret": File(sha256="0" * 64, size=0)}
    (copied / contents.NAME).write_bytes(sealed(manifest.model_copy(update={"files": files})))
    with pytest.raises(BundleRefused, match=r"found an entry for \.\./secret, expected none"):
        load_bundle(copied)


def test_a_bundle_is_read_once(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file is opened exactly once, so that nothing can change between check and use."""
    opened: list[str] = []
    really: Callable[..., int] = os.open

    def watched(path: Path, flags: int) -> int:
        opened.append(Path(path).name)
        return really(path, flags)

    monkeypatch.setattr(os, "open", watched)
    bundle: Bundle = load_bundle(copied)
    assert sorted(opened) == NAMES
    assert bundle.calibrator is not None
