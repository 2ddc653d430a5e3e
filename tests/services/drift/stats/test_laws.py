"""Every formula's example says what the formula gives."""

import doctest
import importlib
import pkgutil

import pytest

import services.drift.stats

MODULES = [one.name for one in pkgutil.iter_modules(services.drift.stats.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_hold(name: str) -> None:
    """Run where they stand."""
    found = doctest.testmod(importlib.import_module(f"services.drift.stats.{name}"))
    assert found.failed == 0
