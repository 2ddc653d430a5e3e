"""How a store beside Kafka fails: nobody answers, or the answer is no."""


class StoreUnavailable(ConnectionError):
    """Nobody answered in time; whether the request was carried out is unknown."""


class StoreRefused(RuntimeError):
    """The store answered and refused: its own words are the message."""
