"""The building of a bundle: from a model, a contract and reference rows to a directory that proves itself."""

import json
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models import manifest as contents
from models.bundle import Bundle, BundleRefused
from models.contract import Contract, ContractRefused, read_contract
from models.feature import Part
from models.fitting.influence import influences, with_influences
from models.fitting.isotonic import fit_calibrator
from models.fitting.outliers import fit_outliers
from models.fitting.quality import quality
from models.fitting.survey import survey
from models.fitting.target import check_target, write_bundle
from models.golden import Golden, spread, write_golden
from models.manifest import File, Manifest, Span
from models.reference import Reference, ReferenceRefused
from models.session import Session

ROWS_A_RUN = 4096
FEWEST_CLASSES = 2
FEWEST_LABELLED = 100
NO_METRICS: Mapping[str, float] = {}


def build_bundle(
    *,
    onnx: bytes,
    contract: Contract,
    contract_text: str,
    reference: Reference,
    out: Path,
    metrics: Mapping[str, float] = NO_METRICS,
) -> Bundle:
    """Build a bundle at `out`, whole or not at all, and return it as loaded; equal inputs give equal bytes.

    `contract` is what `contract_text` says; `metrics` are the caller's own, for the manifest.
    Raises ContractRefused, ReferenceRefused, ModelFault, BundleRefused (the model) and TargetRefused (`out`).
    """
    if read_contract(contract_text) != contract:
        raise ContractRefused("found a contract_text that says otherwise than contract, expected the text it came from")
    check_target(out)
    session = Session(onnx, contract)
    scores = _scores(session, reference.inputs, contract)
    influence = influences(session.score, reference.inputs[spread(len(scores))])
    parts, found = _parts(reference, scores, influence, contract)
    files = {contents.MODEL: onnx, contents.CONTRACT: contract_text.encode(), **parts}
    manifest = _manifest(contract, reference, files, _united(metrics, found))
    return write_bundle(out, {**files, contents.NAME: contents.sealed(manifest)})


def _scores(session: Session, inputs: NDArray[np.float32], contract: Contract) -> NDArray[np.float64]:
    """The model's scores of the reference, (n, k), refused where they are no probabilities but should be."""
    runs = [session.score(inputs[start : start + ROWS_A_RUN]) for start in range(0, len(inputs), ROWS_A_RUN)]
    scores = np.concatenate(runs)
    lowest, highest = float(scores.min()), float(scores.max())
    if contract.task != "regression" and (lowest < 0.0 or highest > 1.0):
        raise BundleRefused(
            f"model.onnx: found scores from {lowest:g} to {highest:g}, expected probabilities (0 to 1); "
            "end the model in a sigmoid or softmax"
        )
    return scores


def _parts(
    reference: Reference, scores: NDArray[np.float64], influence: Sequence[float], contract: Contract
) -> tuple[dict[str, bytes], dict[str, float]]:
    """The files made from the reference, and the metrics found on the way."""
    chosen = spread(len(scores))
    golden = Golden(matrix=reference.inputs[chosen], scores=scores[chosen])
    baseline = with_influences(survey(reference, scores, contract), influence)
    parts = {contents.BASELINE: _json(baseline), contents.GOLDEN: write_golden(golden)}
    if (ood := fit_outliers(reference.matrix, contract)) is not None:
        parts[contents.OOD] = _json(ood)
    if reference.labels is None:
        return parts, {}
    known = ~np.isnan(reference.labels)
    seen, truth = scores[known], reference.labels[known]
    _check_labels(truth, contract)
    if contract.task != "regression":
        parts[contents.CALIBRATOR] = _json(fit_calibrator(seen, truth, contract))
    return parts, quality(seen, truth, contract)


def _check_labels(truth: NDArray[np.float64], contract: Contract) -> None:
    """Refuse labels too few or too alike to learn from."""
    fewest = 1 if contract.task == "regression" else FEWEST_CLASSES
    kinds = len(np.unique(truth))
    if kinds < fewest or len(truth) < FEWEST_LABELLED:
        raise ReferenceRefused(
            f"labels: found {len(truth)} labelled rows with {kinds} different labels, expected at least "
            f"{FEWEST_LABELLED} with {fewest}; bring more rows or name another column"
        )


def _united(metrics: Mapping[str, float], found: Mapping[str, float]) -> dict[str, float]:
    """The caller's metrics and build's own, which share no name."""
    if doubled := found.keys() & metrics.keys():
        names = ", ".join(sorted(doubled))
        raise ValueError(f"found metrics {names}, expected other names: build computes these; name yours otherwise")
    return {**metrics, **found}


def _manifest(
    contract: Contract, reference: Reference, files: Mapping[str, bytes], metrics: Mapping[str, float]
) -> Manifest:
    """The manifest of `files`, not yet sealed."""
    span = Span(
        first_micros=int(reference.times[0]),
        last_micros=int(reference.times[-1]),
        rows=len(reference.times),
        left_out=reference.left_out,
        faults=dict(reference.faults),
    )
    return Manifest(
        model=contract.model,
        version=contract.version,
        files={name: File(sha256=contents.sha256(data), size=len(data)) for name, data in files.items()},
        reference=span,
        metrics={name: float(value) for name, value in metrics.items()},
        built_with={
            "driftline": _own_version(),
            "numpy": np.__version__,
            "onnxruntime": metadata.version("onnxruntime"),
        },
    )


def _json(part: Part) -> bytes:
    return (json.dumps(part.model_dump(mode="json"), separators=(",", ":"), allow_nan=False) + "\n").encode()


def _own_version() -> str:
    """The installed version; a checkout that was never installed has none."""
    try:
        return metadata.version("driftline")
    except metadata.PackageNotFoundError:
        return "source"
