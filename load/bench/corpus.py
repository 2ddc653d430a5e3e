"""The corpus of hostile payloads, read from the files of tests/schemas/corpus."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from schemas.columns import FeatureField, Wanted
from schemas.framing import frame
from schemas.reader import Reader
from schemas.source import DirectorySource

CORPUS = Path("tests/schemas/corpus")
WANTED = Wanted("id", "t", (FeatureField("x", "float", nullable=True),))
GOOD_SCHEMA = "good"
GOOD_BODY = b"\x08good\x0a\x00"
GOOD_JSON = b'{"id": "good", "t": 5}'
"""Id 'good', time 5, no x."""


@dataclass(frozen=True)
class Case:
    """One hostile value: the fault that it becomes ('' for none), what its detail says, the mark of feature x."""

    name: str
    value: bytes
    reason: str
    says: str
    flag: str


@dataclass(frozen=True)
class Corpus:
    """The values of topics of one format, the good value to stand beside them, and a reader of both."""

    good: bytes
    cases: tuple[Case, ...]
    reader: Reader


def avro_corpus(root: Path, schemas: Path) -> Corpus:
    """The Avro values under `root`; their schemas are laid into the empty directory `schemas`."""
    files = sorted((root / "schemas").iterdir())
    ids = {file.stem: number for number, file in enumerate(files, 1)}
    schemas.mkdir(parents=True, exist_ok=True)
    for file in files:
        (schemas / f"{ids[file.stem]}.avsc").write_bytes(_content(file))
    cases = tuple(
        _case(one, root / "payloads", frame(ids[one["schema"]]) if one.get("framed", True) else b"")
        for one in _index(root, "avro")
    )
    return Corpus(frame(ids[GOOD_SCHEMA]) + GOOD_BODY, cases, Reader(WANTED, DirectorySource(schemas)))


def json_corpus(root: Path, schemas: Path) -> Corpus:
    """The JSON values under `root`."""
    cases = tuple(_case(one, root / "json", b"") for one in _index(root, "json"))
    return Corpus(GOOD_JSON, cases, Reader(WANTED, DirectorySource(schemas), json=True))


def _index(root: Path, kind: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load((root / "index.yaml").read_text(encoding="utf-8"))[kind])


def _case(said: dict[str, Any], folder: Path, prefix: bytes) -> Case:
    (file,) = folder.glob(f"{said['name']}.*")
    return Case(said["name"], prefix + _content(file), said["reason"], said.get("says", ""), said.get("flag", ""))


def _content(file: Path) -> bytes:
    """A file's content: as it stands, or lines of COUNT CONTENT, as hex or text, laid end to end."""
    if file.suffix == ".avsc":
        return file.read_bytes()
    lines = [line.split(" ", 1) for line in file.read_text(encoding="utf-8").splitlines()]
    parts = [(int(count), bytes.fromhex(text) if file.suffix == ".hex" else text.encode()) for count, text in lines]
    return b"".join(count * part for count, part in parts)
