"""The identity of a prediction: who said it of which input record."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote


def prediction_ids(
    *, model: str, version: str, arm: str, topic: str, partitions: Iterable[int], offsets: Iterable[int]
) -> list[str]:
    """The prediction_id of each record of `topic` at `partitions` and `offsets`, scored by one version in one arm.

    It is `model/version/arm/topic/partition/offset`, ASCII, each part percent-encoded (RFC 3986) so that no two
    predictions share one whatever a part holds. Nothing in it depends on when, where or how often the record was
    scored: after an abort, a replay or a restart it is the same, and a version or an arm of its own makes another.
    On the wire it is the CloudEvents header `ce_id`; from a decoded record `prediction_id` makes it again. A consumer
    that must act once keeps these ids. Two input records with the same event id are two predictions.

    >>> prediction_ids(
    ...     model="flights",
    ...     version="1",
    ...     arm="champion",
    ...     topic="flights.features",
    ...     partitions=[3, 3],
    ...     offsets=[41, 42],
    ... )
    ['flights/1/champion/flights.features/3/41', 'flights/1/champion/flights.features/3/42']
    """
    stem = id_stem(model, version, arm, topic)
    return [f"{stem}/{partition}/{offset}" for partition, offset in zip(partitions, offsets, strict=True)]


def id_stem(*parts: str) -> str:
    """What the ids of all predictions of a model, a version, an arm and a topic begin with.

    >>> id_stem("flights", "1/2", "champion", "flights.features")
    'flights/1%2F2/champion/flights.features'
    """
    return "/".join(quote(part, safe="", errors="surrogatepass") for part in parts)


def prediction_id(prediction: Mapping[str, Any]) -> str:
    """The prediction_id of a decoded Prediction record.

    >>> source = {"topic": "flights.features", "partition": 3, "offset": 41}
    >>> prediction_id({"model": "flights", "model_version": "2013-03", "arm": "champion", "source": source})
    'flights/2013-03/champion/flights.features/3/41'
    """
    source = prediction["source"]
    (one,) = prediction_ids(
        model=prediction["model"],
        version=prediction["model_version"],
        arm=prediction["arm"],
        topic=source["topic"],
        partitions=[source["partition"]],
        offsets=[source["offset"]],
    )
    return one
