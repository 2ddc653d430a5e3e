"""The ways to ask the trees: each is made once, then takes a batch (n, 30) float32 and gives its scores (n,)."""

from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from load.bench.rig.bundles import MODELS, contract_text
from models.contract import read_contract
from models.session import Session

Way = Callable[[NDArray[np.float32]], NDArray[np.float64]]


def session(model: str, _: Path) -> Way:
    """A model by ONNX Runtime, as the scorer asks it."""
    asked = Session((MODELS / f"{model}.onnx").read_bytes(), read_contract(contract_text()))
    return lambda rows: asked.answers(rows)[:, 0]


def itself(_: Path) -> Way:
    """The trees by LightGBM."""
    trees = grown()
    return lambda rows: np.asarray(trees.predict(rows, num_threads=1))


def in_c(folder: Path, **settings: int) -> Way:
    """The trees as C, compiled; what a batch is wrapped in belongs to it."""
    # Imported here, as all that only .venv-trees has: what is missing keeps one way from playing, not all.
    tl2cgen, treelite = import_module("tl2cgen"), import_module("treelite")
    library = folder / f"{'-'.join(['trees', *settings])}.so"
    model = treelite.frontend.load_lightgbm_model(str(written(folder)))
    tl2cgen.export_lib(model, toolchain="gcc", libpath=library, params=settings, nthread=1)
    trees = tl2cgen.Predictor(library, nthread=1)
    return lambda rows: np.asarray(trees.predict(tl2cgen.DMatrix(rows, dtype="float32")), np.float64).ravel()


def by_llvm(folder: Path) -> Way:
    """The trees as LLVM's intermediate code, compiled in memory."""
    trees = import_module("lleaves").Model(model_file=str(written(folder)))
    trees.compile()
    return lambda rows: np.asarray(trees.predict(rows, n_jobs=1), np.float64)


@cache
def grown() -> Any:
    """The trees, from LightGBM's own hands."""
    return import_module("load.bench.rig.train").grown()


def written(folder: Path) -> Path:
    """Them as LightGBM's text."""
    file = folder / "trees.txt"
    grown().save_model(file)
    return file


SERVED = "ONNX Runtime, as the scorer asks it"
WAYS: dict[str, Callable[[Path], Way]] = {
    SERVED: partial(session, "lightgbm"),
    "LightGBM itself": itself,
    "tl2cgen: C, compiled by gcc": in_c,
    "tl2cgen, thresholds as integers": partial(in_c, quantize=1),
    "lleaves: compiled by LLVM": by_llvm,
    "distilled: network 30-64-32 taught by the trees, ONNX Runtime": partial(session, "lightgbm-distilled"),
    "not the trees: network 30-64-32 taught by the truth, ONNX Runtime": partial(session, "mlp"),
}
