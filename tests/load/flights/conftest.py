"""The vendored year, read once."""

from datetime import date

import pyarrow as pa
import pytest

from load.flights.replay import CONTRACT
from load.flights.table import read_flights
from models.contract import Contract, load_contract


@pytest.fixture(scope="session")
def year() -> pa.Table:
    """Every flight of 2013."""
    return read_flights(date(2013, 1, 1), date(2013, 12, 31))


@pytest.fixture(scope="session")
def contract() -> Contract:
    """The flights' contract."""
    return load_contract(CONTRACT)
