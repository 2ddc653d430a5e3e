"""`python -m load.bench [NAME ...]`: list the benchmarks of this package, or run them."""

import importlib
import pkgutil
import sys

import load.bench
from load.bench.race import say


def names() -> list[str]:
    """The benchmarks there are: modules of this package that have a `main`."""
    return sorted(one.name for one in pkgutil.iter_modules(load.bench.__path__) if not one.name.startswith("_"))


def main(wanted: list[str]) -> int:
    """Run the benchmarks named, or all of them; returns the exit code."""
    found = {name: importlib.import_module(f"load.bench.{name}") for name in names()}
    benches = {name: module for name, module in found.items() if hasattr(module, "main")}
    if wanted == ["--list"]:
        for name, module in benches.items():
            say(f"{name:14} {(module.__doc__ or '').splitlines()[0]}")
        return 0
    unknown = [name for name in wanted if name not in benches]
    if unknown:
        sys.stderr.write(f"load.bench: found {', '.join(unknown)}, expected some of: {', '.join(benches)}\n")
        return 2
    for name in wanted or benches:
        say(f"== {name}")
        benches[name].main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
