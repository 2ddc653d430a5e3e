"""Kept versions read each other both ways, and the check says why when they would not."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from driftline.schema import app
from schemas.compatibility import check_compatibility, check_transitive
from schemas.contracts import NAMES, latest, versions
from schemas.lint import SchemaRefused

RUN = CliRunner()


def label(**changed: Any) -> dict[str, Any]:
    """The label's contract with fields of these types added or changed."""
    made: dict[str, Any] = copy.deepcopy(latest("label"))
    for name, said in changed.items():
        made["fields"] = [field for field in made["fields"] if field["name"] != name] + [{"name": name, **said}]
    return made


@pytest.mark.parametrize("name", NAMES)
def test_every_kept_version_reads_every_other(name: str) -> None:
    """FULL_TRANSITIVE."""
    assert check_transitive([(str(at), one) for at, one in enumerate(versions(name))]) == []


def test_a_field_with_a_default_may_come_and_go() -> None:
    """The one way in which a contract may change."""
    assert check_compatibility(label(), label(note={"type": "string", "default": ""})) == []


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"note": {"type": "string"}}, "reader field missing default value: note"),
        ({"event_id": {"type": "long"}}, "type mismatch"),
        ({"revision": {"type": "long", "default": 0}}, "with the old schema new records cannot be read"),
    ],
)
def test_an_incompatible_change_is_told(changed: dict[str, Any], why: str) -> None:
    """In a sentence that names what and where."""
    assert any(why in fault for fault in check_compatibility(label(), label(**changed)))


def test_the_first_and_the_last_are_compared_too() -> None:
    """Each step may be fine where the whole way is not."""
    typed = [
        ("1", label(n={"type": "int"})),
        ("2", label()),
        ("3", label(n={"type": "string", "default": ""})),
    ]
    assert any(fault.startswith("1 and 3") for fault in check_transitive(typed))


def test_what_is_no_schema_is_refused() -> None:
    """Before Apache's parser sees it."""
    with pytest.raises(SchemaRefused):
        check_compatibility(label(), {"type": "record"})


def test_the_command_checks_our_own_contracts() -> None:
    """Exit 0, and the versions by name."""
    said = RUN.invoke(app, ["check", "--json"])
    assert said.exit_code == 0
    assert json.loads(said.output) == {
        "compatible": True,
        "checked": [f"{name}.v{at}" for name in NAMES for at in range(1, len(versions(name)) + 1)],
        "faults": [],
    }


def test_the_command_names_the_first_incompatibility(tmp_path: Path) -> None:
    """Exit 1 for schemas that do not fit, 2 for what is none, never a traceback."""
    old, new, none = tmp_path / "old.avsc", tmp_path / "new.avsc", tmp_path / "none.avsc"
    old.write_text(json.dumps(label()), encoding="utf-8")
    new.write_text(json.dumps(label(note={"type": "string"})), encoding="utf-8")
    none.write_text("{", encoding="utf-8")
    assert RUN.invoke(app, ["check", str(old), str(old)]).exit_code == 0
    broken = RUN.invoke(app, ["check", str(old), str(new)])
    assert (broken.exit_code, "note" in broken.output) == (1, True)
    for wrong in ([str(old), str(none)], [str(old)], [str(tmp_path / "missing.avsc"), str(old)]):
        said = RUN.invoke(app, ["check", *wrong])
        assert (said.exit_code, said.output.startswith("driftline schema: ")) == (2, True)


def test_a_schema_is_added_to_the_stack_and_listed(tmp_path: Path) -> None:
    """The command prints the id and the five bytes; adding it again changes nothing."""
    file, state = tmp_path / "mine.avsc", ["--state", str(tmp_path / "state")]
    file.write_text(json.dumps(label()), encoding="utf-8")
    for _ in range(2):
        said = RUN.invoke(app, ["add", str(file), *state])
        assert (said.exit_code, said.output) == (0, "id 1, prefix 00 00 00 00 01\n")
    listed = RUN.invoke(app, ["list", "--json", *state])
    assert json.loads(listed.output) == [{"id": 1, "name": "Label", "prefix": "0000000001"}]


def test_a_hostile_schema_is_not_added(tmp_path: Path) -> None:
    """It would be refused with every message; better to say so at once."""
    file = tmp_path / "mine.avsc"
    node = {"type": "record", "name": "Node", "fields": [{"name": "next", "type": ["null", "Node"]}]}
    file.write_text(json.dumps(node), encoding="utf-8")
    said = RUN.invoke(app, ["add", str(file), "--state", str(tmp_path)])
    assert (said.exit_code, "holds itself" in said.output) == (2, True)
