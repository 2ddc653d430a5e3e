"""Where a scorer goes on when its group has no offset."""

from collections.abc import Sequence

from services.scorer.settings import Settings, Topics
from services.scorer.start.preflight import partitions_of_model
from services.start.resume import Memory
from stream.records import Place


def last_positions(settings: Settings, topics: Topics, places: Sequence[Place]) -> dict[Place, int]:
    """The end of the last range that the group accounted for, for each of `places` it ever read.

    A partition that was added while we ran comes by here too: raises Stopped when the outputs have none for it.
    """
    partitions_of_model(settings, topics)
    file = settings.kafka_config
    memory = Memory(brokers=settings.brokers, topic=topics.profiles, group=topics.group, file=file)
    return memory.last_positions(places)
