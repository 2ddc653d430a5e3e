"""A real Apicurio Registry as a child process, fetched once into the user's cache."""

import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.compose.standins.fetch import APICURIO_VERSION, fetch_registry, maven
from driftline.local.jars import cache_directory
from driftline.local.java import java_path
from driftline.local.locks import locked
from driftline.local.ports import free_port

PATIENCE_SECONDS = 120.0


def home() -> Path:
    """The folder it runs from, fetched where the cache lacks it."""
    cache = cache_directory().with_name(f"apicurio-{APICURIO_VERSION}")
    with locked(cache / "lock", on_wait=lambda: None):
        fetch_registry(cache / "app", maven(cache / "repository"))
    return cache / "app"


@contextmanager
def real(directory: Path) -> Iterator[str]:
    """The address that Confluent's clients ask; it keeps all in memory."""
    port, log = free_port(), directory / "apicurio.log"
    options = ["-Xmx512m", "-XX:+UseSerialGC", "-Dquarkus.http.host=127.0.0.1", f"-Dquarkus.http.port={port}"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [java_path(), *options, "-jar", "quarkus-run.jar"], cwd=home(), stdout=out, stderr=out
        )
    url = f"http://127.0.0.1:{port}/apis/ccompat/v7"
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _answers(url):
            assert process.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < deadline, log.read_text()[-2000:]
            time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/subjects", timeout=5) as answer:  # noqa: S310 - our own loopback
            return bool(answer.status == 200)
    except OSError:
        return False
