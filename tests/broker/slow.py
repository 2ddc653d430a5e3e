"""A scorer that needs SLOW_SECONDS for each batch while the file SLOW_WHILE exists, so that its capacity is known.

Run as `python -m tests.broker.slow` with a scorer's settings.
"""

import os
import sys
import time
from pathlib import Path

from services.scorer.__main__ import serve
from services.scorer.settings import read_settings
from stream.telemetry.logs import configure


def main() -> int:
    """Serve, slowly; 0 when it stopped as asked."""
    seconds, file = float(os.environ["SLOW_SECONDS"]), Path(os.environ["SLOW_WHILE"])

    def probe(step: str) -> None:
        if step == "polled" and file.exists():
            time.sleep(seconds)

    settings = read_settings()
    configure(service="scorer", level=settings.log_level)
    return serve(settings, probe=probe)


if __name__ == "__main__":
    sys.exit(main())
