"""Reads the corpus in a process with little memory and time, and prints each value's peak of memory."""

import json
import resource
import sys
import tracemalloc
from importlib import import_module
from pathlib import Path

from load.bench.corpus import Corpus, avro_corpus, json_corpus

SPARE_BYTES = 128 << 20
CPU_SECONDS = 120


def main(root: Path, schemas: Path) -> None:
    """Read every value alone, under tight limits; what does not end, or takes too much, ends this process."""
    corpora = avro_corpus(root, schemas), json_corpus(root, schemas)
    for corpus in corpora:
        corpus.reader.read([corpus.good])
    import_module(
        "numpy.ma"
    )  # np.unique does, when first called: compiling it would be laid to whichever value that is
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + SPARE_BYTES, size + SPARE_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    tracemalloc.start()
    sys.stdout.write(json.dumps([found for corpus in corpora for found in alone(corpus)]))


def alone(corpus: Corpus) -> list[tuple[str, int, int]]:
    """Name, size and peak bytes of every value."""
    found = []
    for case in corpus.cases:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        corpus.reader.read([case.value])
        found.append((case.name, len(case.value), tracemalloc.get_traced_memory()[1] - before))
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
