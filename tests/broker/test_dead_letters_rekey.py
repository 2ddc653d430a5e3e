"""Labels that stood where their key does not belong, on the real broker: sent again to where it does."""

import json
import time
from pathlib import Path

import pytest

from driftline.__main__ import command_line
from driftline.local.topics import create_topics
from driftline.output import Refusal
from stream.kafka.admin import Admin
from stream.kafka.clients import client_config
from stream.kafka.producer import TransactionalProducer
from stream.kafka.scan import scan
from stream.partitioner import partition_of
from stream.records import Writes

PARTITIONS = 4
KEYS = [b"a", b"b", b"c", b"d"]
WRONG = [(partition_of(key, PARTITIONS) + 1) % PARTITIONS for key in KEYS]


class Labels:
    """A model's topics, with misrouted labels set aside."""

    def __init__(self, brokers: str, prefix: str) -> None:
        self.brokers, self.prefix = brokers, prefix
        create_topics(Admin(brokers), "m", partitions=PARTITIONS, prefix=prefix)
        notes = [
            {"topic": f"{prefix}m.labels", "partition": str(at), "offset": "5", "reason": "misrouted"} for at in WRONG
        ]
        headers = [[(f"dlq.error.{name}", text.encode()) for name, text in note.items()] for note in notes]
        topic, deadline = f"{prefix}m.labels.dlq", time.monotonic() + 20
        producer = TransactionalProducer(client_config(brokers))
        values = [b"label of %s" % key for key in KEYS]
        wrote = Writes(topic=topic, values=values, keys=KEYS, partitions=WRONG, headers=headers)
        producer.write(wrote, deadline, time.monotonic)
        producer.flush(deadline, time.monotonic)

    def dlq(self, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
        """What `driftline dlq ... --topic labels` prints, with its exit code."""
        capsys.readouterr()
        where = ["--brokers", self.brokers, "--model", "m", "--prefix", self.prefix]
        with pytest.raises(SystemExit) as ended:
            command_line("dlq")(["dlq", *words, "--topic", "labels", *where])
        return int(str(ended.value.code or 0)), capsys.readouterr().out

    def kept(self) -> dict[bytes | None, tuple[int, bytes | None]]:
        """Every label by its key: partition and value."""
        found: dict[bytes | None, tuple[int, bytes | None]] = {}
        for batch in scan(self.brokers, [f"{self.prefix}m.labels"]):
            for key, partition, value in zip(batch.keys, batch.partitions.tolist(), batch.values, strict=True):
                found[key] = (partition, value)
        return found


@pytest.fixture
def labels(brokers: str, prefix: str) -> Labels:
    """Four labels in the wrong places."""
    return Labels(brokers, prefix)


def test_misrouted_labels_are_refused_without_the_word_and_sent_with_it(
    labels: Labels, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each to the partition that murmur2 gives its key, once; list and show know whose letters they are."""
    code, out = labels.dlq(capsys, "redrive", "--yes")
    assert (code, "it would be misrouted again: --rekey" in out, labels.kept()) == (1, True, {})
    said = json.loads(labels.dlq(capsys, "list", "--json")[1])
    assert said["reasons"] == {"misrouted": {"letters": len(KEYS), "redriven": 0}}
    assert f"key: {KEYS[0].decode()}" in labels.dlq(capsys, "show", f"{WRONG[0]}:0")[1]
    code, out = labels.dlq(capsys, "redrive", "--rekey", "--yes")
    assert (code, out.strip()) == (0, f"sent 4 to {labels.prefix}m.labels, skipped 0, refused 0")
    assert labels.kept() == {key: (partition_of(key, PARTITIONS), b"label of %s" % key) for key in KEYS}
    code, out = labels.dlq(capsys, "redrive", "--rekey", "--yes")
    assert (code, out.strip()) == (0, f"sent 0 to {labels.prefix}m.labels, skipped 4, refused 0")


def test_a_topic_without_letters_is_refused(tmp_path: Path) -> None:
    """With those there are."""
    words = ["dlq", "list", "--topic", "outcomes", "--brokers", "x:1", "--model", "m", "--state", str(tmp_path)]
    with pytest.raises(Refusal, match="--topic outcomes") as refusal:
        command_line("dlq")(words, standalone_mode=False)
    assert "features, labels, predictions" in refusal.value.fix
