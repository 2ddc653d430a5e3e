"""Whether the service of this container is ready: what an image's HEALTHCHECK runs, by the standard library alone."""

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping

PORTS = {"scorer": 9101, "labeler": 9102, "drift": 9103, "notifier": 9104}
"""Where each listens unless told otherwise; its settings, which say the same, take a second to import."""
PATIENCE_SECONDS = 3.0


def address(environment: Mapping[str, str]) -> str:
    """Where the service named by DRIFTLINE_SERVICE says whether it is ready.

    >>> address({"DRIFTLINE_SERVICE": "scorer", "SCORER_ADMIN_PORT": "80"})
    'http://127.0.0.1:80/readyz'
    """
    service = environment["DRIFTLINE_SERVICE"]
    port = environment.get(f"{service.upper()}_ADMIN_PORT") or PORTS[service]
    return f"http://127.0.0.1:{port}/readyz"


def probe(url: str) -> tuple[bool, str]:
    """Whether `url` answers 200, with what it says."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=PATIENCE_SECONDS) as answer:
            return True, answer.read(500).decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return False, error.read(500).decode("utf-8", "replace")
    except OSError as error:
        return False, str(error)


def main(environment: Mapping[str, str] = os.environ) -> int:
    """Print what the service says of itself; 0 where it is ready, else 1."""
    ready, words = probe(address(environment))
    sys.stdout.write(f"{words.strip()}\n")
    return 0 if ready else 1


if __name__ == "__main__":
    sys.exit(main())
