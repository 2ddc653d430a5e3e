"""`make soak`: a long seeded run of faults, its table, an exit code that says whether everything held."""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from tests.faults.soak.run import Outcome, Soak
from tests.faults.soak.schedule import MEAN_GAP_SECONDS, schedule
from tests.faults.soak.table import document, table

HELD, FAILED, INTERRUPTED = 0, 1, 130
INSIDE = "DRIFTLINE_SOAK_INSIDE"
RATE = 300.0


def say(line: str) -> None:
    """A line of progress, at once."""
    print(line, flush=True)  # noqa: T201 - a command talks


def main() -> int:
    """0 when everything held, 1 when not, 130 when it was told to stop."""
    options = _options()
    if options.show:
        for step in schedule(options.seed, options.seconds, options.gap):
            say(str(step))
        return HELD
    small_disk = _has_small_disk(enter=not options.no_disk)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    path = Path(tempfile.mkdtemp(prefix=f"driftline-soak-{options.seed}-"))
    soak = Soak(
        path,
        seed=options.seed,
        seconds=options.seconds,
        gap_seconds=options.gap,
        rate=options.rate,
        tell=say,
        with_small_disk=small_disk,
    )
    code = FAILED
    try:
        code = HELD if soak.run().holds else FAILED
    except KeyboardInterrupt:
        say("told to stop: ending everything")
        code = INTERRUPTED
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        soak.close()
    _report(soak.outcome, options, path, code)
    return code


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak", description="Everything at once, by a seed.")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--rate", type=float, default=RATE, help="events a second")
    parser.add_argument("--gap", type=float, default=MEAN_GAP_SECONDS, help="seconds from fault to fault, on average")
    parser.add_argument("--json", type=Path, help="a file for the outcome as JSON")
    parser.add_argument("--keep", action="store_true", help="keep the work directory also when everything held")
    parser.add_argument("--show", action="store_true", help="print the schedule of the seed, do nothing")
    parser.add_argument("--no-disk", action="store_true", help="leave out what needs root and mounts a file system")
    options = parser.parse_args()
    options.seed = random.randrange(1_000_000) if options.seed is None else options.seed
    options.seconds = options.minutes * 60
    return options


def _has_small_disk(*, enter: bool) -> bool:
    """Whether a disk can be filled: as root, in a mount namespace of our own, so that no mount is left behind."""
    if os.environ.get(INSIDE):
        return True
    able = enter and sys.platform == "linux" and os.geteuid() == 0 and shutil.which("unshare") is not None
    if able:
        command = ["unshare", "--mount", sys.executable, "-m", "tests.faults.soak", *sys.argv[1:]]
        os.execvpe(command[0], command, {**os.environ, INSIDE: "1"})  # noqa: S606 - we become that command
    say("left out: `fill disk`, which needs root and `unshare`")
    return False


def _report(outcome: Outcome, options: argparse.Namespace, path: Path, code: int) -> None:
    say(table(outcome))
    if options.json:
        options.json.write_text(document(outcome))
    for fault in outcome.faults:
        say(f"fault: {fault}")
    if code == HELD and not options.keep:
        shutil.rmtree(path, ignore_errors=True)
        return
    say(f"kept: {path} (schedule.txt, logs/)")
    same = f"--rate {options.rate:g} --gap {options.gap:g}"
    say(f"again: make soak MINUTES={options.minutes:g} SEED={options.seed} ARGS='{same}'")


if __name__ == "__main__":
    sys.exit(main())
