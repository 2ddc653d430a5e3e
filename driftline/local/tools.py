"""Prometheus and Alertmanager for this machine: those on the PATH, else Debian's, unpacked into the user's cache."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from driftline.local.jars import cache_directory
from driftline.local.locks import locked
from driftline.output import FAILED, Refusal, say

Tool = Literal["prometheus", "promtool", "alertmanager", "amtool"]
FETCH_SECONDS = 300.0


class Source(NamedTuple):
    """The names under which a tool may be on the PATH, Debian's last; Debian's package that holds it."""

    names: tuple[str, ...]
    package: str


SOURCES: Mapping[Tool, Source] = {
    "prometheus": Source(("prometheus",), "prometheus"),
    "promtool": Source(("promtool",), "prometheus"),
    "alertmanager": Source(("alertmanager", "prometheus-alertmanager"), "prometheus-alertmanager"),
    "amtool": Source(("amtool",), "prometheus-alertmanager"),
}
"""The upstream's names first: who has installed a newer one wants that."""


def tool(name: Tool) -> Path:
    """Where a tool is, fetched first where it is nowhere. Raises Refusal saying what was tried."""
    names, package = SOURCES[name]
    on_the_path = next(filter(None, map(shutil.which, names)), None)
    if on_the_path is not None:
        return Path(on_the_path)
    cache = cache_directory().parent / "debian"
    with locked(cache / f"{package}.lock", on_wait=lambda: say(f"another process is fetching {package}, waiting")):
        unpacked = cache / package
        if not unpacked.exists():
            _fetch(package, cache)
    found = unpacked / "usr" / "bin" / names[-1]
    if not found.exists():
        raise Refusal(f"{found} is missing", fix=f"remove {unpacked} and run the command again", code=FAILED)
    return found


def _fetch(package: str, cache: Path) -> None:
    """Download and unpack beside its place, then move it in as one step; nothing is installed, no root is needed."""
    staging = cache / f"{package}.fetching"
    shutil.rmtree(staging, ignore_errors=True)
    (staging / "root").mkdir(parents=True)
    say(f"{package}: fetching Debian's package, once")
    try:
        _download(package, staging)
        for file in staging.glob("*.deb"):
            _run(["dpkg-deb", "-x", str(file), str(staging / "root")], staging)
    except (OSError, subprocess.SubprocessError) as error:
        raise Refusal(
            f"{package} could not be had",
            cause=_words(error),
            fix=f"put {' and '.join(names_of(package))} on the PATH, or run this on a Debian with a network",
            code=FAILED,
        ) from error
    (staging / "root").rename(cache / package)
    shutil.rmtree(staging)


def names_of(package: str) -> list[str]:
    """What a package is wanted for."""
    return [source.names[0] for source in SOURCES.values() if source.package == package]


def _download(package: str, staging: Path) -> None:
    """By the machine's own lists of packages; where it has none, by lists of our own."""
    try:
        _run(["apt-get", "download", package], staging)
    except subprocess.SubprocessError:
        own = staging / "apt"
        for part in ("state/lists/partial", "cache/archives/partial"):
            (own / part).mkdir(parents=True, exist_ok=True)
        options = ["-o", f"Dir::State={own / 'state'}", "-o", f"Dir::Cache={own / 'cache'}"]
        _run(["apt-get", *options, "update"], staging)
        _run(["apt-get", *options, "download", package], staging)


def _run(command: Sequence[str], where: Path) -> None:
    subprocess.run(command, cwd=where, check=True, capture_output=True, text=True, timeout=FETCH_SECONDS)


def _words(error: Exception) -> str:
    """What the command said last."""
    said = str(getattr(error, "stderr", "") or "").strip().splitlines()
    return said[-1] if said else str(error)
