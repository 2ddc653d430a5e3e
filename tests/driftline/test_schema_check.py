"""Where `driftline doctor` looks for schemas: in the registry that was named, else in the stack's directory."""

from pathlib import Path

import pytest

from driftline.output import Refusal
from driftline.patient import Patient, Skipped
from driftline.prepare import register, subjects
from driftline.schema_check import lacking, schemas
from schemas.contracts import NAMES, latest
from schemas.source import DirectorySource
from stream.kafka.registry import Registry


def test_what_a_registry_lacks_is_named_by_its_subject() -> None:
    """Until `driftline prepare` has been there; of another prefix everything is lacking still."""
    registry = Registry("mock://here")
    assert len(list(lacking(registry, ["m"], ""))) == len(NAMES)
    register(registry, subjects("m", "", None))
    assert list(lacking(registry, ["m"], "")) == []
    absent = list(lacking(registry, ["m"], "p."))
    assert len(absent) == len(NAMES)
    assert "p.m.profiles-value" in "".join(absent)


def test_a_registry_out_of_reach_is_named_once(tmp_path: Path) -> None:
    """Not once a subject."""
    patient = Patient(directory=tmp_path, given_model="m", registry="http://127.0.0.1:1")
    with pytest.raises(Refusal, match="cannot be asked") as refused:
        schemas(patient)
    assert refused.value.fix == "check its address"


def test_an_empty_registry_is_a_fault_with_the_command_that_fills_it(tmp_path: Path) -> None:
    """The address is repeated, ready to paste."""
    patient = Patient(directory=tmp_path, given_model="m", registry="mock://there")
    with pytest.raises(Refusal, match="not registered") as refused:
        schemas(patient)
    assert "driftline prepare --registry mock://there" in refused.value.fix


def test_on_a_kafka_of_ones_own_nobody_looks_into_a_directory_that_is_not_there(tmp_path: Path) -> None:
    """It would be a fault that is none: the services read theirs from a registry."""
    with pytest.raises(Skipped, match="--registry"):
        schemas(Patient(directory=tmp_path, given_brokers="k:1"))


@pytest.mark.parametrize("brokers", [None, "k:1"])
def test_a_directory_that_is_there_is_looked_into(tmp_path: Path, brokers: str | None) -> None:
    """With a Kafka of one's own as well."""
    patient = Patient(directory=tmp_path, given_brokers=brokers)
    source = DirectorySource(tmp_path / "schemas")
    source.add(latest("label"))
    with pytest.raises(Refusal, match="not registered") as refused:
        schemas(patient)
    assert "lacks prediction, profile" in refused.value.cause
    for name in NAMES:
        source.add(latest(name))
    assert "ours among them" in schemas(patient)
