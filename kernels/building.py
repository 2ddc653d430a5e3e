"""The compiler's work: C sources in, the compiled kernels out; `python -m kernels.building` does it in place."""

import subprocess
import sys
import sysconfig
from pathlib import Path

FLAGS = ("-O3", "-ffp-contract=off", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra")
"""No contraction: a product and a sum rounded once would differ from numpy's in the last bit."""
LONGEST_SECONDS = 120


def compile_kernels(root: Path) -> Path | None:
    """The module built under `root`; None, with a line on standard error, where it cannot be."""
    target = root / "kernels" / f"_compiled{sysconfig.get_config_var('EXT_SUFFIX')}"
    draft = target.with_suffix(".draft")
    link = ["-undefined", "dynamic_lookup"] if sys.platform == "darwin" else []
    compiler = str(sysconfig.get_config_var("CC") or "cc").split()
    sources = sorted(map(str, (root / "kernels" / "native").glob("*.c")))
    include = f"-I{sysconfig.get_paths()['include']}"
    command = [*compiler, *FLAGS, "-shared", include, *sources, "-o", str(draft), *link, "-lm"]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=LONGEST_SECONDS)
        draft.replace(target)
    except (OSError, subprocess.SubprocessError) as error:
        said = str(getattr(error, "stderr", "") or error).strip().splitlines()
        sys.stderr.write(f"driftline: the kernels were not compiled, numpy does their work: {said[:1]}\n")
        return None
    return target


if __name__ == "__main__":
    sys.exit(compile_kernels(Path(__file__).parents[1]) is None)
