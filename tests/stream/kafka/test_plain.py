"""A producer without transactions hears of every record that was lost."""

import time

import pytest

from stream.faults import Abort
from stream.kafka.plain import PlainProducer
from stream.records import Writes

NOWHERE = {"bootstrap.servers": "127.0.0.1:1", "message.timeout.ms": 50, "linger.ms": 5, "log_level": 0}


def test_a_lost_record_with_headers_is_heard_of() -> None:
    """Headers come with places for callbacks that are left empty: the client's own one is asked all the same."""
    made = PlainProducer({**NOWHERE, "delivery.report.only.error": True})
    made.write(
        Writes(topic="t", values=[b"v"], keys=[b"k"], partitions=[0], headers=[[("ce_id", b"1")]]),
        time.monotonic() + 60,
        time.monotonic,
    )
    with pytest.raises(Abort, match="a record was not taken by the broker"):
        made.flush(time.monotonic() + 60, time.monotonic)
    made.drop()
