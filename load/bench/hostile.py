"""What refusing costs: every payload of the hostile corpus alone, beside a good record."""

import statistics
import tempfile
import time
from pathlib import Path

from load.bench.corpus import CORPUS, Case, Corpus, avro_corpus, json_corpus
from load.bench.race import say
from schemas.columns import FAULTS

REPEATS = 5
MICROS = 1_000_000


def main() -> None:
    """Read each value some times; the first time compiles its schema, and is shown apart."""
    if not CORPUS.is_dir():
        raise SystemExit(f"{CORPUS} is not here: run this in the root of the repository")
    say(f"{'µs per payload: first, least, median':44} {'bytes':>9} {'first':>9} {'least':>9} {'median':>9}  becomes")
    with tempfile.TemporaryDirectory() as schemas:
        for corpus in (avro_corpus(CORPUS, Path(schemas)), json_corpus(CORPUS, Path(schemas))):
            _time(corpus, Case("a good record", corpus.good, "", "", ""))
            for case in corpus.cases:
                _time(corpus, case)


def _time(corpus: Corpus, case: Case) -> None:
    laps, code = [], 0
    for _ in range(1 + REPEATS):
        began = time.perf_counter()
        code = int(corpus.reader.read([case.value]).faults[0])
        laps.append((time.perf_counter() - began) * MICROS)
    first, *others = laps
    say(
        f"{case.name:44} {len(case.value):9} {first:9.0f} {min(others):9.0f} {statistics.median(others):9.0f}  "
        f"{FAULTS[code] or 'read'}"
    )


if __name__ == "__main__":
    main()
