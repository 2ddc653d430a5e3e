"""Kafka's jars, resolved once into the user's cache, checked against jars.sha256 on every start."""

import hashlib
import os
import shutil
import sys
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as StillRunning
from importlib.resources import files
from pathlib import Path

from driftline.local.locks import locked
from driftline.local.progress import Progress
from driftline.output import FAILED, Refusal, say

KAFKA_VERSION = "4.4.0"
# Without the ! on each coordinate jgo silently resolves kafka-clients 3.8.0; without slf4j-simple the
# broker logs nothing.
COORDINATES = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}!+org.slf4j:slf4j-simple:1.7.36!"
SOURCE_VARIABLE = "DRIFTLINE_MAVEN_URL"
NAMED_FAULTS = 3


def cache_directory() -> Path:
    """Where this platform keeps caches, under driftline/kafka-VERSION."""
    if said := os.environ.get("XDG_CACHE_HOME"):
        root = Path(said)
    elif sys.platform == "win32":
        root = Path(os.environ.get("LOCALAPPDATA", str(Path.home() / "AppData" / "Local")))
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Caches"
    else:
        root = Path.home() / ".cache"
    return root / "driftline" / f"kafka-{KAFKA_VERSION}"


def expected_jars() -> dict[str, str]:
    """SHA-256 in hex of every jar by file name, as committed."""
    lines = (files("driftline.local") / "jars.sha256").read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def classpath() -> str:
    """The class path of the verified jars, resolving them first where the cache lacks them.

    Raises Refusal when they cannot be had, or are not the ones that were pinned.
    """
    cache = cache_directory()
    jars = cache / "jars"
    with locked(cache / "lock", on_wait=lambda: say("another process is fetching Kafka, waiting for it")):
        if not jars.exists():
            _resolve(cache)
    check_jars(jars)
    return str(jars / "*")


def check_jars(jars: Path) -> None:
    """Every pinned jar is in `jars` with its checksum, and no other file is (0.1 s).

    Raises Refusal naming what differs.
    """
    expected = expected_jars()
    found = {path.name: path for path in jars.iterdir()} if jars.exists() else {}
    faults = [f"{name} is missing" for name in sorted(expected.keys() - found.keys())]
    faults += [f"{name} was not expected" for name in sorted(found.keys() - expected.keys())]
    for name in sorted(found.keys() & expected.keys()):
        with found[name].open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != expected[name]:
            faults.append(f"{name}: found sha256 {digest}, expected {expected[name]}")
    if faults:
        rest = f"; and {len(faults) - NAMED_FAULTS} more" if len(faults) > NAMED_FAULTS else ""
        raise Refusal(
            f"the Kafka jars in {jars} are not the pinned ones",
            cause="; ".join(faults[:NAMED_FAULTS]) + rest,
            fix=f"remove {jars} and run the command again; if a sha256 differs again, "
            f"what {SOURCE_VARIABLE} or your proxy serves is not Kafka {KAFKA_VERSION}",
            code=FAILED,
        )


def _resolve(cache: Path) -> None:
    """Fetch the jars beside their place, check them, and move them in as one step."""
    staging, ready = cache / "resolving", cache / "checked"
    shutil.rmtree(ready, ignore_errors=True)
    ready.mkdir(parents=True)
    for path in _fetched_with_progress(staging):
        shutil.copyfile(path, ready / path.name)
    shutil.rmtree(staging)
    check_jars(ready)
    ready.rename(cache / "jars")


def _fetched_with_progress(staging: Path) -> list[Path]:
    """Fetch in a daemon thread, so that a Ctrl-C meanwhile ends this process at once."""
    outcome: Future[list[Path]] = Future()

    def fetch() -> None:
        try:
            outcome.set_result(_fetch(staging))
        except BaseException as error:  # noqa: BLE001 - it is raised again below, in the thread that waits
            outcome.set_exception(error)

    threading.Thread(target=fetch, daemon=True).start()
    with Progress(f"fetching Kafka {KAFKA_VERSION}", total=len(expected_jars()), unit="jars") as progress:
        while True:
            held = list((staging / "repository").rglob("*.jar"))
            progress.show(len(held), f"{sum(path.stat().st_size for path in held) / 1e6:.0f} MB")
            try:
                return outcome.result(timeout=0.25)
            except StillRunning:
                continue


def _fetch(staging: Path) -> list[Path]:
    import jgo  # noqa: PLC0415 - needed once on a machine, and longer to import than the rest of a start together

    source = os.environ.get(SOURCE_VARIABLE, jgo.MAVEN_CENTRAL_URL)
    context = jgo.MavenContext(repo_cache=staging / "repository", remote_repos={"central": source}, timeout=30)
    try:
        environment = jgo.EnvironmentBuilder(context=context, cache_dir=staging / "environment").from_endpoint(
            COORDINATES
        )
        return [Path(path) for path in environment.all_jars]
    except Exception as error:  # jgo raises whatever its parts raise
        raise Refusal(
            f"Kafka {KAFKA_VERSION} could not be fetched",
            cause=f"{type(error).__name__}: {str(error)[:300]}",
            fix="it is needed once: connect to the network (HTTPS_PROXY is honoured) and run it again, "
            f"set {SOURCE_VARIABLE} to a mirror of Maven Central, or copy {staging.parent / 'jars'} "
            "from a machine that has it; --brokers HOST:PORT needs no embedded Kafka",
            code=FAILED,
        ) from error
