"""How a bundle looks on paper: a table on a terminal, plain lines elsewhere."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Column, Table

from models.bundle import Bundle
from models.safety.limits import LIMITS
from models.verify import Proof

MICROS = 1_000_000


def view_of(directory: Path, bundle: Bundle) -> dict[str, Any]:
    """Everything worth showing of `bundle`, ready for JSON."""
    contract, manifest, calibrator = bundle.contract, bundle.manifest, bundle.calibrator
    span = manifest.reference
    return {
        "bundle": str(directory),
        "model": contract.model,
        "version": contract.version,
        "digest": bundle.digest,
        "task": contract.task,
        "owner": contract.owner.team,
        "reference": {
            "first": _moment(span.first_micros),
            "last": _moment(span.last_micros),
            "rows": span.rows,
            "left_out": span.left_out,
            "faults": span.faults,
        },
        "metrics": manifest.metrics,
        "calibrator": calibrator and calibrator.model_dump(include={"rows", "error", "bias", "bias_error"}),
        "ood": bundle.ood and bundle.ood.model_dump(include={"rate", "rows", "threshold"}),
        "golden_rows": len(bundle.golden.scores),
        "built_with": manifest.built_with,
        "files": {name: file.size for name, file in manifest.files.items()},
        "features": list(_features(bundle)),
    }


def checks_of(proof: Proof, pinned: str | None) -> dict[str, str]:
    """What was checked of a bundle and what came out, by name, in the order it was done; `pinned` as was asked."""
    files, trial = proof.bundle.manifest.files, proof.trial
    bounds = [f"{LIMITS.seconds:g} s", *([] if "AS" in trial.free else [LIMITS.memory]), "no files, no network"]
    return {
        "files": f"{len(files)} of {sum(file.size for file in files.values())} bytes, as the manifest says, no others",
        "signature": f"good, by {proof.signed_by}" if proof.signed_by else "not asked for, --key does",
        "digest": "the one pinned" if pinned else "not pinned, --digest does",
        "graph": f"{trial.nodes} nodes of {', '.join(trial.operators)}; nothing outside the file",
        "trial": f"loaded and run by a child process in {trial.seconds:.2f} s, within {', '.join(bounds)}",
        "golden": f"{len(proof.bundle.golden.scores)} rows as expected",
    }


def print_view(view: Mapping[str, Any]) -> None:
    """Print `view` to standard output; colour and frames only on a terminal, none of it under NO_COLOR."""
    console = Console(markup=False, emoji=False)  # names are the user's own
    if not console.is_terminal:
        typer.echo("\n".join(lines_of(view)))
        return
    facts = Table(Column(), Column(overflow="fold"), show_header=False)
    for line in lines_of({name: value for name, value in view.items() if name != "features"}):
        name, _, value = line.partition(": ")
        facts.add_row(name, value)
    features = Table(*view["features"][0], title="features")
    for feature in view["features"]:
        features.add_row(*(_short(value) for value in feature.values()))
    console.print(facts, features)


def lines_of(view: Mapping[str, Any], *, above: str = "") -> Iterator[str]:
    """`view` as lines `name: value`, what is nested under `name.inner`; each feature is one line."""
    for name, value in view.items():
        if isinstance(value, Mapping):
            yield from lines_of(value, above=f"{above}{name}.")
        elif name == "features":
            yield from (" ".join(f"{key}={_short(part)}" for key, part in feature.items()) for feature in value)
        else:
            yield f"{above}{name}: {'none' if value is None else _short(value)}"


def _features(bundle: Bundle) -> Iterator[dict[str, Any]]:
    rows = bundle.manifest.reference.rows
    for feature in bundle.baseline.features:
        yield {
            "feature": feature.name,
            "type": feature.kind,
            "bins": feature.bins,
            "missing": sum(feature.missing) / rows,
            "unseen": sum(feature.unseen) / rows,
            "mean": None if feature.kind == "category" else feature.mean,
            "sd": None if feature.kind == "category" else feature.sd,
        }


def _moment(micros: int) -> str:
    return datetime.fromtimestamp(micros / MICROS, UTC).isoformat()


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else "" if value is None else str(value)
