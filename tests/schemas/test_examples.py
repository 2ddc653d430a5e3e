"""The golden examples hold, for ever: nobody may change what old bytes mean."""

from typing import Any

import pytest

from schemas.contracts import NAMES, fingerprint, latest, versions
from schemas.examples import check_golden, example, file_names, golden_bytes, refused, still_says
from schemas.records import RecordRefused, read_record, write_record

KEPT = [(name, version) for name in NAMES for version in range(1, len(versions(name)) + 1)]


def test_every_golden_file_is_checked_here() -> None:
    """An example that nobody validates is an error."""
    expected = {f"{name}.v{version}.{kind}" for name, version in KEPT for kind in ("json", "hex")}
    assert file_names() == expected | {"refused.json"}


@pytest.mark.parametrize(("name", "version"), KEPT)
def test_golden_bytes_read_as_their_example(name: str, version: int) -> None:
    """With the writer's version, as the latest knows it."""
    read = read_record(name, golden_bytes(name, version), versions(name)[version - 1])
    assert still_says(read, example(name, version))


def test_a_later_version_may_add_and_never_change() -> None:
    """However deep: a field more is fine, a missing one, another value or another number of items is not."""
    told = {"a": [{"b": 1}, {"b": 2}], "m": None}
    assert still_says({"a": [{"b": 1, "c": 0}, {"b": 2}], "m": None, "n": 1}, told)
    for read in ({"a": [{"b": 1}, {"c": 2}], "m": None}, {"a": [{"b": 1}], "m": None}, {"a": [{"b": 1}, {"b": 2}]}):
        assert not still_says(read, told)
    assert not still_says({"a": [{"b": True}, {"b": 2}], "m": None}, told)


@pytest.mark.parametrize("name", NAMES)
def test_the_latest_example_is_written_as_its_golden_bytes(name: str) -> None:
    """Byte for byte."""
    version = len(versions(name))
    golden = golden_bytes(name, version)
    assert write_record(name, example(name, version), golden[:5]) == golden


@pytest.mark.parametrize("name", NAMES)
def test_an_example_says_every_field(name: str) -> None:
    """A golden example with a field left out would prove less than it seems to."""
    assert set(example(name, len(versions(name)))) == {field["name"] for field in latest(name)["fields"]}


@pytest.mark.parametrize("one", refused(), ids=lambda one: str(one["why"]))
def test_a_refused_example_is_refused(one: dict[str, Any]) -> None:
    """Neither read nor written."""
    with pytest.raises(RecordRefused):
        use(one)


def use(one: dict[str, Any]) -> None:
    """Read the bytes, or write the record."""
    if "hex" in one:
        read_record(one["contract"], bytes.fromhex(one["hex"]))
    else:
        write_record(one["contract"], one["record"], b"\0\0\0\0\1")


def test_a_writers_schema_that_could_kill_the_process_is_refused() -> None:
    """Fastavro recurses without bound: a few kilobytes on such a schema end the interpreter."""
    node = {"type": "record", "name": "Label", "fields": [{"name": "next", "type": ["null", "Label"]}]}
    with pytest.raises(RecordRefused, match="SchemaRefused"):
        read_record("label", b"\0\0\0\0\1" + b"\2" * 100_000, node)


def test_the_check_of_the_command_line_sees_the_same() -> None:
    """`driftline schema check` says nothing is wrong."""
    assert check_golden() == []


def test_versions_are_told_apart_by_fingerprint() -> None:
    """Every kept version of every contract is another schema."""
    prints = [fingerprint(one) for name in NAMES for one in versions(name)]
    assert len(set(prints)) == len(prints)


def test_an_unknown_contract_is_named() -> None:
    """With what there is."""
    with pytest.raises(KeyError, match="expected one of prediction, label, profile, outcome, drift, alert"):
        versions("outcomes")


@pytest.mark.parametrize(("name", "version"), KEPT)
def test_an_older_record_is_read_where_nobody_says_what_wrote_it(name: str, version: int) -> None:
    """Logs outlive versions: what an older one wrote is found out, since it is no whole record of the newest."""
    read = read_record(name, golden_bytes(name, version))
    assert still_says(read, example(name, version))
    with pytest.raises(RecordRefused):
        read_record(name, golden_bytes(name, version)[:-1])


def test_some_fields_can_be_read_alone() -> None:
    """The others are skipped, not trusted: a record that goes on after its end is refused all the same."""
    value = golden_bytes("profile", len(versions("profile")))
    whole, some = read_record("profile", value), read_record("profile", value, fields=("group", "ranges"))
    assert some == {"group": whole["group"], "ranges": whole["ranges"]}
    with pytest.raises(RecordRefused, match="bytes left after the record"):
        read_record("profile", value + b"\x00", fields=("group", "ranges"))
    with pytest.raises(RecordRefused, match="not a body of that schema"):
        read_record("profile", value[:-1], fields=("group", "ranges"))
