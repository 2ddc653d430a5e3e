"""The identity of a prediction: the same for ever, shared by nobody else."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.prediction_ids import prediction_id, prediction_ids

PART = st.text(max_size=8) | st.sampled_from(["champion", "a/b", "a", "b/a", "%2F", "/", "1.0+build"])
PREDICTION = st.tuples(PART, PART, PART, PART, st.integers(0, 2**31 - 1), st.integers(0, 2**63 - 1))


def id_of(prediction: tuple[str, str, str, str, int, int]) -> str:
    """Its id, by the columns."""
    model, version, arm, topic, partition, offset = prediction
    (one,) = prediction_ids(
        model=model, version=version, arm=arm, topic=topic, partitions=[partition], offsets=[offset]
    )
    return one


@given(one=PREDICTION, other=PREDICTION)
def test_two_predictions_never_share_an_id(one: Any, other: Any) -> None:
    """Whatever slashes, signs and letters the parts hold."""
    assert (id_of(one) == id_of(other)) == (one == other)
    assert id_of(one).isascii()
    assert id_of(one).isprintable()


@given(one=PREDICTION)
def test_a_decoded_record_says_the_same_id(one: Any) -> None:
    """A consumer without the header makes it again."""
    model, version, arm, topic, partition, offset = one
    source = {"topic": topic, "partition": partition, "offset": offset}
    assert prediction_id({"model": model, "model_version": version, "arm": arm, "source": source}) == id_of(one)


def test_version_arm_and_position_each_make_another() -> None:
    """A challenger, the next version, the same event sent twice; plain names stay readable."""
    stem = {"model": "m", "version": "1", "arm": "champion", "topic": "m.features"}
    assert prediction_ids(**stem, partitions=[0, 0, 1], offsets=[7, 8, 7]) == [
        "m/1/champion/m.features/0/7",
        "m/1/champion/m.features/0/8",
        "m/1/champion/m.features/1/7",
    ]
    assert prediction_ids(**stem | {"version": "2"}, partitions=[0], offsets=[7]) == ["m/2/champion/m.features/0/7"]
    assert prediction_ids(**stem | {"arm": "b"}, partitions=[0], offsets=[7]) == ["m/1/b/m.features/0/7"]
