"""Which Kafka error means what: the error table, row by row."""

import pytest

from stream.faults import FENCED, TIMED_OUT, Raised, verdict

ILLEGAL_GENERATION, INVALID_TXN_STATE, TOPIC_AUTH = 22, 48, 29


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (Raised(ILLEGAL_GENERATION, "rebalanced", abort=True), "abort"),
        (Raised(FENCED, "fenced", fatal=True), "stop"),
        (Raised(FENCED, "fenced, said as abortable", abort=True), "stop"),
        (Raised(INVALID_TXN_STATE, "outcome unknown", fatal=True), "restart"),
        (Raised(INVALID_TXN_STATE, "fatal wins over abortable", fatal=True, abort=True), "restart"),
        (Raised(TIMED_OUT, "no answer yet", retriable=True), "retry"),
        (Raised(TIMED_OUT, "abortable wins over retriable", abort=True, retriable=True), "abort"),
        (Raised(TOPIC_AUTH, "second time, no flag set"), "restart"),
    ],
)
def test_each_error_has_one_answer(raised: Raised, expected: str) -> None:
    """Fenced is final, fatal makes a new producer, abortable aborts, retriable is called again, no flag is doubt."""
    assert verdict(raised) == expected


def test_an_id_that_nobody_else_has_is_fenced_by_the_broker_alone() -> None:
    """Without a slot the transactional.id is random: a new producer may take it up again."""
    assert verdict(Raised(FENCED, "transaction timed out", fatal=True), shared=False) == "restart"
