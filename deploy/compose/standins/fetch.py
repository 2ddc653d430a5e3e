"""Fetches from Maven what two stand-ins are made of: Kafka's command-line tools, Apicurio's registry."""

import shutil
import sys
import tarfile
from pathlib import Path

import jgo

from driftline.local.jars import KAFKA_VERSION, classpath

APICURIO_VERSION = "3.3.3"


def fetch(room: Path) -> None:
    """Put Kafka's jars and tools into `room`/kafka, the registry into `room`/registry; what is there stays."""
    context = jgo.MavenContext(
        repo_cache=room.parent / "maven", remote_repos={"central": jgo.MAVEN_CENTRAL_URL}, timeout=60
    )
    kafka, registry = room / "kafka", room / "registry"
    if not kafka.exists():
        draft = Path(shutil.copytree(Path(classpath()).parent, room / "kafka.draft", dirs_exist_ok=True))
        tools = context.project("org.apache.kafka", "kafka-tools").at_version(KAFKA_VERSION)
        shutil.copy(tools.artifact().resolve(), draft)
        draft.rename(kafka)
    if not registry.exists():
        whole = context.project("io.apicurio", "apicurio-registry-app").at_version(APICURIO_VERSION)
        with tarfile.open(whole.artifact("all", "tar.gz").resolve()) as archive:
            archive.extractall(room / "registry.draft", filter="data")
        (found,) = (room / "registry.draft").rglob("quarkus-run.jar")
        found.parent.rename(registry)


if __name__ == "__main__":
    fetch(Path(sys.argv[1]))
