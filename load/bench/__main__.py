"""`python -m load.bench [NAME ... | --list]`: run the main benchmarks of this package, or those named, or list all."""

import importlib
import pkgutil
import sys

import load.bench
from load.bench.race import say

MAIN = ("serving", "latency", "whole")
"""What a plain `make bench` runs: the systems. The others compare two ways of doing one thing."""


def names() -> list[str]:
    """The benchmarks there are: modules of this package that have a `main`."""
    return sorted(
        one.name for one in pkgutil.iter_modules(load.bench.__path__) if not one.ispkg and not one.name.startswith("_")
    )


def main(wanted: list[str]) -> int:
    """Run the benchmarks named, or the main ones; returns the exit code."""
    there, listed = names(), wanted == ["--list"]
    # Only what is asked for: some of them import half of the libraries there are.
    asked = there if listed else [name for name in wanted or MAIN if name in there]
    found = {name: importlib.import_module(f"load.bench.{name}") for name in asked}
    benches = {name: module for name, module in found.items() if hasattr(module, "main")}
    if listed:
        for name, module in benches.items():
            say(f"{name:14} {(module.__doc__ or '').splitlines()[0]}")
        return 0
    unknown = [name for name in wanted if name not in benches]
    if unknown:
        sys.stderr.write(f"load.bench: found {', '.join(unknown)}, expected some of: {', '.join(there)}\n")
        return 2
    for name in wanted or MAIN:
        say(f"== {name}")
        benches[name].main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
