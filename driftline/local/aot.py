"""The AOT cache that the embedded Kafka's JVM starts from: its classes loaded and linked, once on this machine.

JEP 483 and 514. Measured: formatting and starting a broker takes 2.9 CPU-seconds instead of 4.8. Whatever is wrong with
a cache (another Java or other jars, truncated, damaged) costs this gain only: the JVM says so in the log and starts
without.
"""

import hashlib
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from driftline.local.jars import cache_directory
from driftline.local.java import java_command, java_path
from driftline.local.locks import locked
from driftline.output import Refusal, say

MADE_WITHIN_SECONDS = 300.0
# Without the checksum a damaged cache crashes the JVM; with it, no slower, it is refused. Warnings: of classes and
# stubs that are loaded the usual way.
READ = ("-XX:+VerifySharedSpaces", "-Xlog:aot*=error")


def aot_flags(train: Callable[[Sequence[str]], object]) -> list[str]:
    """What makes `java_command(..., fast=True)` start from the cache; empty where none can be made.

    The first call makes it, in 10 s: `train` is to start a broker with the flags it is given, and to stop it.
    """
    cache = cache_path()
    if not cache.exists():
        try:
            _make(cache, train)
        except (OSError, subprocess.SubprocessError, Refusal) as error:
            say(f"Kafka starts without a cache of its classes, a second slower: {error}")
            return []
    return [f"-XX:AOTCache={cache}", *READ]


def cache_path() -> Path:
    """Where the cache for this Java and these jars is, or will be; the JVM takes it only for jars as old as then."""
    digest = hashlib.sha256((java_path().parents[1] / "release").read_bytes())
    for jar in sorted((cache_directory() / "jars").iterdir()):
        state = jar.stat()
        digest.update(f"{jar.name} {state.st_size} {state.st_mtime_ns}\n".encode())
    return cache_directory() / f"classes-{digest.hexdigest()[:16]}.aot"


def _make(cache: Path, train: Callable[[Sequence[str]], object]) -> None:
    """Make it beside its place, and move it in as one step; who comes meanwhile waits."""
    making = cache_directory() / "making"
    recorded, ready = making / "classes.aotconf", making / "classes.aot"
    with locked(
        cache_directory() / "aot.lock", on_wait=lambda: say("another process is preparing Kafka, waiting for it")
    ):
        if cache.exists():
            return
        say("preparing Kafka's start, once on this machine: 10 seconds, 60 MB")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir()
        try:
            train(["-XX:AOTMode=record", f"-XX:AOTConfiguration={recorded}"])
            create = ["-XX:AOTMode=create", f"-XX:AOTConfiguration={recorded}", f"-XX:AOTCache={ready}"]
            jars = ["-cp", str(cache_directory() / "jars" / "*"), "kafka.Kafka"]
            subprocess.run(
                [*java_command("384m", fast=True), *create, *jars],
                check=True,
                capture_output=True,
                timeout=MADE_WITHIN_SECONDS,
            )
            ready.rename(cache)
        finally:
            shutil.rmtree(making, ignore_errors=True)
