"""Fetches from Maven what two stand-ins are made of: Kafka's command-line tools, Apicurio's registry."""

import hashlib
import os
import shutil
import sys
import tarfile
from pathlib import Path

import jgo

from driftline.local.jars import KAFKA_VERSION, SOURCE_VARIABLE, classpath
from driftline.output import FAILED, Refusal

APICURIO_VERSION = "3.3.3"
APICURIO_SHA256 = "8bc6751c76d963734224b01d5e7f84ccb3cb61c87d3bd77c36c35f10a5cbed63"


def maven(repository: Path) -> jgo.MavenContext:
    """Maven Central, or what stands in for it, with `repository` for what was fetched."""
    source = os.environ.get(SOURCE_VARIABLE, jgo.MAVEN_CENTRAL_URL)
    return jgo.MavenContext(repo_cache=repository, remote_repos={"central": source}, timeout=60)


def fetch_kafka(target: Path, context: jgo.MavenContext) -> None:
    """Put Kafka's jars and tools into `target`; what is there stays."""
    if not target.exists():
        draft = Path(shutil.copytree(Path(classpath()).parent, target.with_suffix(".draft"), dirs_exist_ok=True))
        tools = context.project("org.apache.kafka", "kafka-tools").at_version(KAFKA_VERSION)
        shutil.copy(tools.artifact().resolve(), draft)
        draft.rename(target)


def fetch_registry(target: Path, context: jgo.MavenContext) -> None:
    """Put the registry, 160 MB, into `target`; what is there stays. Raises Refusal when it is not the pinned one."""
    if not target.exists():
        whole = context.project("io.apicurio", "apicurio-registry-app").at_version(APICURIO_VERSION)
        archive = Path(whole.artifact("all", "tar.gz").resolve())
        with archive.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != APICURIO_SHA256:
            cause = f"found sha256 {digest}, expected {APICURIO_SHA256}"
            raise Refusal(f"{archive} is not the pinned one", cause=cause, fix="remove it, run it again", code=FAILED)
        draft = target.with_suffix(".draft")
        with tarfile.open(archive) as file:
            file.extractall(draft, filter="data")
        (found,) = draft.rglob("quarkus-run.jar")
        found.parent.rename(target)


if __name__ == "__main__":
    ROOM = Path(sys.argv[1])
    fetch_kafka(ROOM / "kafka", maven(ROOM.parent / "maven"))
    fetch_registry(ROOM / "registry", maven(ROOM.parent / "maven"))
