"""The build hook: the kernels go into the wheel compiled, or, without a C compiler, not at all."""

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class KernelsHook(BuildHookInterface[Any]):  # type: ignore[misc]  # hatchling is there when we are built, not after
    """Puts the compiled module beside its sources, and into the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile; a failure is said and costs speed only."""
        del version
        root = Path(self.root)
        # By its path: the tree that is built is not on the path of whoever builds it.
        built = runpy.run_path(str(root / "kernels" / "building.py"))["compile_kernels"](root)
        if built is not None:
            build_data["artifacts"].append(built.relative_to(root).as_posix())
            build_data["pure_python"], build_data["infer_tag"] = False, True
