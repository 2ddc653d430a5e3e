"""Where a scorer's schemas come from, as its settings say."""

from pathlib import Path
from typing import Any

import pytest

from schemas.contracts import latest
from schemas.source import DirectorySource
from services.scorer.settings import PREFIX, Settings, read_settings
from services.start.schemas import _source
from stream.faults import Stopped


def settings(**said: Any) -> Settings:
    """Settings with a registry in this process, unless said otherwise."""
    return Settings(**{"brokers": "b", "bundle": Path(), "registry_url": "mock://registry", **said})


def test_our_schemas_are_not_registered_unless_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Production's registry is written by CI: a scorer that finds nothing there stops with the fix."""
    monkeypatch.setenv("SCORER_BROKERS", "b")
    monkeypatch.setenv("SCORER_BUNDLE", "x")
    assert read_settings().register_schemas is False
    _, id_of = _source(settings(), PREFIX)
    with pytest.raises(Stopped, match=r"m\.predictions-value") as stopped:
        id_of("m.predictions-value", latest("prediction"))
    assert stopped.value.configuration


def test_they_are_where_it_is_said() -> None:
    """Each of ours under its own subject, to be read back by the id on the wire."""
    source, id_of = _source(settings(register_schemas=True), PREFIX)
    number = id_of("m.predictions-value", latest("prediction"))
    assert source.by_id(number) == latest("prediction")


def test_a_directory_takes_our_schemas(tmp_path: Path) -> None:
    """The local stack's."""
    source, id_of = _source(settings(registry_url=None, schemas=tmp_path), PREFIX)
    assert isinstance(source, DirectorySource)
    assert source.by_id(id_of("any", latest("profile"))) == latest("profile")


@pytest.mark.parametrize("said", [{"registry_url": None}, {"schemas": Path("x")}])
def test_one_source_is_needed(said: dict[str, Any]) -> None:
    """Neither none nor two."""
    with pytest.raises(Stopped, match="one schema source is needed"):
        _source(settings(**said), PREFIX)
