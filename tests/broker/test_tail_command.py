"""`driftline tail` on a real broker: who has to wait is told so."""

import pytest

from driftline.local.topics import create_topics
from driftline.tail import records
from stream.kafka.admin import Admin


@pytest.mark.parametrize("from_beginning", [True, False])
def test_an_empty_topic_is_no_riddle(
    brokers: str, prefix: str, *, from_beginning: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing will be printed for a while, and standard error says why."""
    create_topics(Admin(brokers), "m", partitions=1, prefix=prefix)
    records(brokers, kind="labels", model="m", prefix=prefix, schemas=None, from_beginning=from_beginning, count=1)
    said = capsys.readouterr().err
    assert f"waiting for records of {prefix}m.labels" in said
    assert ("--from-beginning" in said) == (not from_beginning)
