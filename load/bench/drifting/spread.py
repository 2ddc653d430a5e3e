"""Work of a benchmark spread over all cores, by processes that think with one thread each."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from driftline.local.progress import Progress

T = TypeVar("T")
R = TypeVar("R")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def spread(work: Callable[[T], R], items: Sequence[T], *, what: str, unit: str) -> Iterator[R]:
    """What `work` makes of each item, in their order; progress on standard error. Ctrl-C ends it at once."""
    # Read where numpy is first imported, which is in the processes to come: threads of both would wait for each other.
    os.environ.update(dict.fromkeys(THREADS, "1"))
    context = multiprocessing.get_context("spawn")
    with context.Pool(initializer=_leave_ctrl_c) as pool, Progress(what, total=len(items), unit=unit) as bar:
        for done, found in enumerate(pool.imap(work, items), start=1):
            bar.show(done)
            yield found


def _leave_ctrl_c() -> None:
    """Ctrl-C reaches every process of a terminal: whoever started them ends them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
