"""The limit of confluent-kafka in Python: what is read is written as it is, without a look inside."""

from collections.abc import Sequence

from load.bench.peers.loop import Loop
from load.bench.peers.told import Told


def same(values: Sequence[bytes]) -> Sequence[bytes]:
    """The values themselves."""
    return values


if __name__ == "__main__":
    Loop(Told(), same).run()
