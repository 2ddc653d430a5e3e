"""What a stack consists of beside its scorers and labelers: who tells Alertmanagers, and who need not be there."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import typer

from driftline.local import plan
from driftline.local.plan import services_of
from driftline.output import Refusal
from driftline.stack import up
from driftline.values import alertmanager

BUNDLE = Path(__file__).parents[2] / "load" / "flights" / "bundle"


def named(alertmanagers: Sequence[str]) -> dict[str, plan.Service]:
    """The services of a stack that posts there, by name."""
    return {one.name: one for one in services_of([BUNDLE], alertmanagers=alertmanagers)[1]}


def test_a_notifier_is_started_for_whom_it_is_to_tell() -> None:
    """It knows the model and every Alertmanager; a stack is up without it, and without nobody else."""
    assert "flights.notifier-0" not in named([])
    services = named(["http://a:9093", "http://b:9093"])
    notifier = services["flights.notifier-0"]
    assert (notifier.command[1:], notifier.variables) == (("-m", "services.notifier"), "NOTIFIER_")
    assert notifier.settings == {
        "MODEL": "flights", "ALERTMANAGERS": "http://a:9093,http://b:9093", "SLOT": "notifier-0"
    }  # fmt: skip
    assert [name for name, one in services.items() if not one.is_needed] == ["flights.notifier-0"]


def test_without_its_packages_a_notifier_is_refused_and_told_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is started."""
    monkeypatch.setattr(plan, "NOTIFIER_NEEDS", "driftline-nobody-makes-this")
    with pytest.raises(Refusal, match=r"requirements/notifier\.txt"):
        named(["http://a:9093"])


def test_an_alertmanager_that_nobody_would_post_to_is_refused() -> None:
    """Alerts come from the drift sidecar of a bundle."""
    with pytest.raises(Refusal, match="nothing would be posted"):
        up(alertmanagers=["http://127.0.0.1:9093"])
    with pytest.raises(Refusal, match="nothing would be posted"):
        up(bundle=[BUNDLE], drift=False, alertmanagers=["http://127.0.0.1:9093"])


@pytest.mark.parametrize("text", ["127.0.0.1:9093", "ftp://a", "http://", "http://a,http://b"])
def test_what_is_no_address_of_an_alertmanager_is_said(text: str) -> None:
    """Each is given by itself."""
    with pytest.raises(typer.BadParameter, match="expected a URL"):
        alertmanager(text)
    assert alertmanager("http://a:9093/path/") == "http://a:9093/path"
