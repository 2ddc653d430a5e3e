"""`python -m load.fuzz.replay FILE ...`: run the target on inputs that were found, in this process."""

import sys
from pathlib import Path

from load.fuzz.target import TARGETS, run


def main(files: list[str]) -> int:
    """Run each file; an input that breaks a law shows its traceback and ends the process."""
    for file in files:
        data = Path(file).read_bytes()
        sys.stdout.write(f"{file}: {TARGETS[data[0] % len(TARGETS)].__name__ if data else 'empty'}\n")
        sys.stdout.flush()
        run(data)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
