"""The manifest: what belongs to a bundle, down to the byte."""

import hashlib
import json
from typing import Annotated, Literal

from pydantic import Field, FiniteFloat, NonNegativeInt, PositiveInt, ValidationError

from models.feature import Part

NAME = "manifest.json"
MODEL, CONTRACT, BASELINE, CALIBRATOR, GOLDEN, OOD = (
    "model.onnx", "contract.yaml", "baseline.json", "calibrator.json", "golden.jsonl", "ood.json",
)  # fmt: skip
REQUIRED = frozenset({MODEL, CONTRACT, BASELINE, GOLDEN})
KNOWN = REQUIRED | {CALIBRATOR, OOD, NAME}
SIGNATURE = "manifest.sig"
UNLISTED = frozenset({NAME, SIGNATURE})
"""What a manifest cannot list: itself, and the signature that came after it; neither changes the digest."""
FORMAT = 1

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class File(Part):
    """One file of the bundle: SHA-256 (hex) of its bytes, and how many they are."""

    sha256: Digest
    size: NonNegativeInt


class Span(Part):
    """The reference: first and last event time (µs, UTC), rows used, rows left out, and rows by fault."""

    first_micros: int
    last_micros: int
    rows: PositiveInt
    left_out: NonNegativeInt
    faults: dict[str, NonNegativeInt]


class Manifest(Part):
    """The bundle's table of contents; `seal` is the SHA-256 of everything else in it, against damage.

    The seal does not stop a forger: that is a signature's task.
    """

    format: Literal[1] = 1
    model: str
    version: str
    files: dict[str, File]
    reference: Span
    metrics: dict[str, FiniteFloat]
    built_with: dict[str, str]
    seal: str = ""


def sealed(manifest: Manifest) -> bytes:
    """The bytes of manifest.json: canonical JSON with the seal in place."""
    said = manifest.model_dump(mode="json", exclude={"seal"})
    seal = sha256(_canonical(said))
    return _canonical({**said, "seal": seal})


def read_manifest(text: bytes) -> Manifest:
    """Parse manifest.json; ValueError says what was found and what was expected."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"found no JSON ({error}), expected a driftline manifest") from error
    version = said.get("format") if isinstance(said, dict) else None
    if version != FORMAT:
        raise ValueError(f"found format version {version!r}, expected {FORMAT}")
    try:
        manifest = Manifest.model_validate(said)
    except ValidationError as error:
        raise ValueError(first_fault(error)) from error
    if sealed(manifest) != text:
        raise ValueError(f"found bytes that its seal {manifest.seal[:12]} does not fit, expected the bytes as built")
    return manifest


def first_fault(error: ValidationError) -> str:
    """The first fault pydantic found, as one line with its place."""
    fault = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(step) for step in fault["loc"]) or "the whole"
    return f"found a fault at {place}: {fault['msg']}"


def sha256(data: bytes) -> str:
    """SHA-256 of `data` in hex."""
    return hashlib.sha256(data).hexdigest()


def _canonical(said: object) -> bytes:
    return (json.dumps(said, sort_keys=True, indent=2, allow_nan=False) + "\n").encode()
