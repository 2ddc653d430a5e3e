"""The hunt: atheris, Google's libFuzzer for Python, guided by which lines of our code an input reaches."""

import importlib
import signal
import sys
from collections.abc import Callable

import atheris


def main() -> None:
    """Run libFuzzer with the arguments given; it ends the process itself."""
    with atheris.instrument_imports(include=["load.fuzz", "schemas", "models.contract"]):
        target = importlib.import_module("load.fuzz.target")
    atheris.Setup(sys.argv, _quiet(target.run))
    atheris.Fuzz()


def _quiet(run: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """Stop libFuzzer's alarm clock at a finding: it may ring while Python ends, before the input is written."""

    def once(data: bytes) -> None:
        try:
            run(data)
        except BaseException:
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise

    return once


if __name__ == "__main__":
    main()
