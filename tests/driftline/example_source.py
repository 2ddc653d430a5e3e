"""How the example's model and reference rows were made, so that they can be made again."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.models.onnx_bytes import logistic

ROWS = 600
START_MICROS = 1_790_000_000_000_000
COUNTRIES = ("DE", "FR", "US")


def example_model() -> bytes:
    """A logistic regression over amount, hour, card_present, country, account_days; a missing value counts as 0."""
    return logistic([0.01, 0.02, -1.5, 0.3, -0.002], -0.5, nan_safe=True)


def example_reference() -> bytes:
    """Orders an hour apart with the truth about each, as parquet."""
    chance = np.random.default_rng(11)
    amount = np.round(chance.lognormal(3, 1, ROWS), 2)
    hour = chance.integers(0, 24, ROWS)
    present = chance.random(ROWS) < 0.7
    country = chance.integers(0, 3, ROWS)
    days = np.where(chance.random(ROWS) < 0.1, np.nan, np.round(chance.random(ROWS) * 1000, 1))
    odds = 0.01 * amount + 0.02 * hour - 1.5 * present + 0.3 * country - 0.002 * np.nan_to_num(days) - 0.5
    table = pa.table(
        {
            "order_id": [f"order-{number}" for number in range(ROWS)],
            "ordered_at": pa.array(START_MICROS + np.arange(ROWS) * 3_600_000_000, pa.timestamp("us", "UTC")),
            "amount": amount,
            "hour": pa.array(hour, pa.int32()),
            "card_present": present,
            "country": [COUNTRIES[code] for code in country],
            "account_days": pa.array(days, from_pandas=True),
            "fraud": chance.random(ROWS) < 1 / (1 + np.exp(-odds)),
        }
    )
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()
