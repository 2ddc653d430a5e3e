"""The compiled kernels where they were built and are wanted; None says that their twins in numpy do the work."""

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

EDITION = 2
"""Goes up with every change of what a kernel takes or does: one built from older sources is left alone."""
SWITCH = "DRIFTLINE_KERNELS"
"""An environment variable; `numpy` does without the compiled kernels."""


def _found() -> "ModuleType | None":
    if os.environ.get(SWITCH, "") == "numpy":
        return None
    try:
        module = importlib.import_module("kernels._compiled")
    except ImportError:
        return None
    return module if module.EDITION == EDITION else None


compiled: Any = _found()
