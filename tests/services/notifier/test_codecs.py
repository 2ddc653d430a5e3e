"""The notifier's client reads what any of our writers, or a broker that compresses anew, may have compressed."""

import pytest
from aiokafka import codec

SAID = b"an alert, an alert, an alert"


@pytest.mark.parametrize("name", ["gzip", "lz4", "snappy", "zstd"])
def test_every_compression_of_kafka_is_read(name: str) -> None:
    """The drift sidecar writes zstd; without its library the client's reader breaks at the first alert."""
    assert getattr(codec, f"has_{name}")()
    packed = getattr(codec, f"{name}_encode")(SAID)
    assert bytes(getattr(codec, f"{name}_decode")(packed)) == SAID
