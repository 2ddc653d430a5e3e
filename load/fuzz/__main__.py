"""`python -m load.fuzz --seconds 60`: hunt for inputs that break a reader, for a while; says what was found."""

import argparse
import re
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from load.fuzz.target import seeds

FOUND = Path("out/fuzz")
SLOWEST_SECONDS, MOST_MEGABYTES = 10, 2048
"""An input that takes longer, or more memory, is a crash."""


def main() -> int:
    """Hunt; returns 1 when an input was found that breaks a law, never ends or takes too much memory."""
    parser = argparse.ArgumentParser(prog="load.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 31) + 1)
    asked = parser.parse_args()
    FOUND.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus:
        for place, data in enumerate(seeds()):
            (Path(corpus) / f"seed-{place}").write_bytes(data)
        said, code = _hunt(corpus, asked.seconds, asked.seed)
    crashes = re.findall(r"Test unit written to (\S+)", said)
    executions = re.search(r"stat::number_of_executed_units:\s*(\d+)", said)
    sys.stdout.write(f"executions {executions[1] if executions else 'unknown'}, seed {asked.seed}, ")
    sys.stdout.write(f"seconds {asked.seconds}, crashes {len(crashes)}\n")
    for file in crashes:
        sys.stdout.write(f"found {file}: run it again with `make fuzz FILE={file}`\n")
    return 1 if crashes or code else 0


def _hunt(corpus: str, seconds: int, seed: int) -> tuple[str, int]:
    """Run the hunt in a child, which a crash may end; returns what it said and its exit code, and shows a failure."""
    words = [sys.executable, "-m", "load.fuzz.hunt", corpus, f"-artifact_prefix={FOUND}/", f"-seed={seed}"]
    words += [f"-max_total_time={seconds}", f"-timeout={SLOWEST_SECONDS}", f"-rss_limit_mb={MOST_MEGABYTES}"]
    words += ["-print_final_stats=1", "-max_len=2048"]
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
    said = done.stdout + done.stderr
    if done.returncode:
        sys.stdout.write(done.stdout[-4000:] + done.stderr[-2000:] + f"\nthe hunt ended with {done.returncode}\n")
    return said, done.returncode


if __name__ == "__main__":
    sys.exit(main())
