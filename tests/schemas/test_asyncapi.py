"""The AsyncAPI document is what topics.yaml and the contracts say, and every reference in it leads somewhere."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.asyncapi import READS, document, page
from schemas.contracts import NAMES, latest
from schemas.topics import declared

FILE = Path(__file__).parents[2] / "schemas/asyncapi.yaml"


def references(part: Any) -> Iterator[str]:
    """Every $ref in it."""
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(part, list):
        for one in part:
            yield from references(one)


def test_the_file_is_what_the_code_says() -> None:
    """Written anew where a topic or a contract changes."""
    assert FILE.read_text(encoding="utf-8") == page()
    assert yaml.safe_load(page()) == document()


def test_every_reference_leads_somewhere() -> None:
    """Within the document, or to a schema that is kept."""
    found = set(references(document()))
    assert len(found) == len(NAMES) + len(declared()) + len(document()["components"]["messages"])
    for reference in found:
        if reference.startswith("#/"):
            part: Any = document()
            for name in reference.removeprefix("#/").split("/"):
                part = part[name]
        else:
            assert (FILE.parent / reference).is_file()


@pytest.mark.parametrize(("kind", "contract"), [("predictions", "prediction"), ("drift", "drift"), ("alerts", "alert")])
def test_a_topic_s_message_is_the_newest_version_of_its_contract(kind: str, contract: str) -> None:
    """By name, and as the file that holds it."""
    said = document()
    (reference,) = references(said["channels"][kind]["messages"])
    message = said["components"]["messages"][reference.rpartition("/")[2]]
    assert message["name"] == latest(contract)["name"]
    written = (FILE.parent / message["payload"]["schema"]["$ref"]).read_text(encoding="utf-8")
    assert yaml.safe_load(written) == latest(contract)


def test_every_topic_has_a_writer_and_every_service_a_reader() -> None:
    """Those of users have none of ours; a topic with two writers is sent by both."""
    told = document()["operations"]
    sent = {name.split(".send.")[1] for name in told if ".send." in name}
    assert sent == {kind for kind, said in declared().items() if said["owner"] != "users"}
    assert {"scorer.send.profiles", "labeler.send.profiles"} <= set(told)
    assert {name.split(".")[0] for name in told if ".receive." in name} == set(READS)
