"""The Open Inference Protocol's metadata and health (version 2, REST) of the model that a scorer serves; no inference.

https://github.com/kserve/open-inference-protocol, specification/protocol/inference_rest.md.
"""

from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any
from urllib.parse import unquote

from models.bundle import Bundle, score_columns
from models.session import Session
from services.scorer.start.assembly import Opened
from stream.telemetry.health import Answer, Health, as_json

ROOT = "/v2"
PLATFORM = "onnxruntime_onnx"
DATATYPES = {"tensor(float)": "FP32", "tensor(double)": "FP64"}
ANY = -1
"""A dimension of any size: rows."""
OK, NOT_FOUND, UNAVAILABLE = 200, 404, 503


class Protocol:
    """Answers under /v2 for whoever `opened` leads; `serves` says when that changes."""

    def __init__(self, health: Health, opened: Opened) -> None:
        self._health, self._opened = health, opened

    def serves(self, opened: Opened) -> None:
        """These bundles answer from now on."""
        self._opened = opened

    def answer(self, path: str) -> Answer | None:
        """What a GET of `path` gets; None for what is not of this protocol."""
        if path != ROOT and not path.startswith(f"{ROOT}/"):
            return None
        words = [unquote(word) for word in path.removeprefix(ROOT).strip("/").split("/") if word]
        match words:
            case []:
                return as_json(OK, {"name": "driftline", "version": version("driftline"), "extensions": []})
            case ["health", "live"]:
                return _stands("live", self._health.is_alive())
            case ["health", "ready"]:
                return _stands("ready", self._is_ready())
            case ["models", name, *rest]:
                return self._model(name, rest)
        return _refused("/v2/health and /v2/models are")

    def _model(self, name: str, rest: list[str]) -> Answer:
        """Of the model, or of its one version: metadata, or whether it is ready."""
        bundle, session = self._leading()
        contract = bundle.contract
        asked: Mapping[tuple[str, ...], Callable[[], Answer]] = {
            (): lambda: as_json(OK, _metadata(bundle, session)),
            ("ready",): lambda: _stands("ready", self._is_ready(), name=contract.model),
        }
        of_version = rest[2:] if rest[:2] == ["versions", contract.version] else rest
        found = asked.get(tuple(of_version)) if name == contract.model else None
        if found is None:
            return _refused(f"this is model {contract.model}, version {contract.version}")
        return found()

    def _leading(self) -> tuple[Bundle, Session]:
        found = self._opened.champion or self._opened.fallback
        assert found is not None, "open_bundles lets no scorer start without any"  # noqa: S101 - for the type checker
        return found

    def _is_ready(self) -> bool:
        return not self._health.waiting_for()


def _refused(here: str) -> Answer:
    """What is not there, in words that repeat nothing of the request."""
    return as_json(NOT_FOUND, {"error": f"not served here: {here}; metadata and health only, no inference"})


def _stands(claim: str, holds: bool, **more: str) -> Answer:  # noqa: FBT001 - the claim's own value
    """Whether a claim holds: a client may look at the status alone, or at the body."""
    return as_json(OK if holds else UNAVAILABLE, {**more, claim: holds})


def _metadata(bundle: Bundle, session: Session) -> dict[str, Any]:
    """The model's tensors: a matrix of a column a feature in the contract's order, the scores that are taken of it."""
    contract = bundle.contract
    (input_name, input_type), (output_name, output_type) = session.ports
    return {
        "name": contract.model,
        "versions": [contract.version],
        "platform": PLATFORM,
        "inputs": [
            {"name": input_name, "datatype": DATATYPES[input_type], "shape": [ANY, len(contract.features)]},
        ],
        "outputs": [
            {"name": output_name, "datatype": DATATYPES[output_type], "shape": [ANY, score_columns(contract)]},
        ],
    }
