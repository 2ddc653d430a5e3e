"""The page of settings is what the code says, and holds every variable of every service once."""

import re
from pathlib import Path

import pytest

from driftline.settings_page import SERVICES, page

PAGE = Path(__file__).parents[2] / "docs/settings.md"


def test_the_page_is_what_the_code_says() -> None:
    """Written anew where a setting changes."""
    assert PAGE.read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("service", SERVICES)
def test_each_setting_stands_there_once(service: str) -> None:
    """Under its own name, or once for all services."""
    settings = SERVICES[service]
    prefix = str(settings.model_config.get("env_prefix"))
    told = re.findall(r"^\| `([A-Z*_]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    for field in settings.model_fields:
        named = [one for one in told if one in (f"{prefix}{field.upper()}", f"*_{field.upper()}")]
        assert named, field
        assert len(named) == len(set(named))


def test_what_must_be_said_what_holds_otherwise_and_its_limits_are_told() -> None:
    """As a process would take them: a default can be copied."""
    rows = dict(re.findall(r"^\| `([A-Z*_]+)` \| (.*) \| .* \|$", page(), re.MULTILINE))
    assert rows["LABELER_REDIS"] == "text | **must be said**"
    assert rows["SCORER_EVENT_BYTES"] == "a whole number, at least 1,000, at most 100,000,000 | `1048576`"
    assert rows["SCORER_BUNDLE_DIGEST"] == "text, matching ^[0-9a-f]{64}$ | "
    assert rows["*_BEGIN"] == "one of `earliest`, `latest`, `refuse` | `refuse`"
