"""A real Apicurio Registry as a child process, fetched once into the user's cache."""

import hashlib
import os
import subprocess
import tarfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jgo

from driftline.local.jars import SOURCE_VARIABLE, cache_directory
from driftline.local.java import java_path
from driftline.local.locks import locked
from driftline.local.ports import free_port

VERSION = "3.3.3"
SHA256 = "8bc6751c76d963734224b01d5e7f84ccb3cb61c87d3bd77c36c35f10a5cbed63"
PATIENCE_SECONDS = 120.0


def home() -> Path:
    """The folder it runs from: 160 MB, fetched where the cache lacks it. Fails when it is not the pinned one."""
    cache = cache_directory().with_name(f"apicurio-{VERSION}")
    with locked(cache / "lock", on_wait=lambda: None):
        if not (cache / "app").exists():
            archive = _fetched(cache)
            with tarfile.open(archive) as file:
                file.extractall(cache / "unpacked", filter="data")
            (cache / "unpacked").rename(cache / "app")
            archive.unlink()
    return cache / "app"


def _fetched(cache: Path) -> Path:
    source = os.environ.get(SOURCE_VARIABLE, jgo.MAVEN_CENTRAL_URL)
    maven = jgo.MavenContext(repo_cache=cache / "repository", remote_repos={"central": source}, timeout=60)
    app = maven.project("io.apicurio", "apicurio-registry-app").at_version(VERSION)
    archive = Path(app.artifact(classifier="all", packaging="tar.gz").resolve())
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    assert digest == SHA256, f"{archive}: found sha256 {digest}, expected {SHA256}: remove {cache}, run it again"
    return archive


@contextmanager
def real(directory: Path) -> Iterator[str]:
    """The address that Confluent's clients ask; it keeps all in memory."""
    port, log = free_port(), directory / "apicurio.log"
    options = ["-Xmx512m", "-XX:+UseSerialGC", "-Dquarkus.http.host=127.0.0.1", f"-Dquarkus.http.port={port}"]
    [jar] = home().rglob("quarkus-run.jar")
    with log.open("wb") as out:
        process = subprocess.Popen([java_path(), *options, "-jar", jar.name], cwd=jar.parent, stdout=out, stderr=out)
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
