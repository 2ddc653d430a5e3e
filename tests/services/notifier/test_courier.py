"""What an Alertmanager has yet to be told, by a clock of the test's own."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.core import Words, moment
from services.notifier.courier import NEVER, Courier, Parcel, Patience
from tests.services.notifier.records import SECOND, told

DAY = 86_400.0


def courier(**said: Any) -> Courier:
    """One without chance."""
    return Courier(words=Words(), patience=Patience(**said), chance=lambda: 0.0)


@dataclass
class Line:
    """A courier, an Alertmanager that is down at times, a clock; both know of nothing else."""

    courier: Courier = field(default_factory=courier)
    now: float = 0.0
    is_down: bool = False
    tries: int = 0
    posted: list[tuple[float, str, str, bool]] = field(default_factory=list)

    def run(self, seconds: float) -> None:
        """Let so much time pass."""
        end = self.now + seconds
        while (at := max(self.now, self.courier.next_at())) <= end:
            self.now = at
            parcels = self.courier.due(at, at)
            self.tries += bool(parcels)
            if self.is_down and parcels:
                self.courier.failed(at)
                continue
            for one in parcels:
                self.take(one)
        self.now = end

    def take(self, parcel: Parcel) -> None:
        """The Alertmanager accepts."""
        for post in parcel.posts:
            is_over = post["endsAt"] <= moment(self.now)
            self.posted.append((self.now, parcel.alert_id, post["labels"]["severity"], is_over))
        self.courier.accepted(parcel, self.now)

    def hears(self, alert_id: str = "a", status: str = "open", severity: str = "warning", **said: Any) -> None:
        """A record comes now."""
        self.courier.heard(told(alert_id, status, severity, **said), self.now)


def test_what_is_open_is_posted_again_and_again() -> None:
    """At once, then every minute: an Alertmanager forgets."""
    line = Line()
    line.hears()
    line.run(300)
    assert [one[0] for one in line.posted] == [0, 60, 120, 180, 240, 300]


def test_what_is_over_is_posted_once() -> None:
    """Then there is nothing left to do."""
    line = Line()
    line.hears()
    line.run(10)
    line.hears(status="resolved")
    line.run(600)
    assert [(at, is_over) for at, _, _, is_over in line.posted] == [(0, False), (10, True)]
    assert line.courier.next_at() == NEVER


def test_an_hour_without_an_alertmanager_loses_nothing() -> None:
    """Alerts that stood, came, changed or ended meanwhile are told once it is back; tries become few."""
    line = Line()
    for name in ("stands", "ends", "worsens"):
        line.hears(name)
    line.run(1)
    line.is_down = True
    line.hears("ends", "resolved")
    line.run(1_800)
    line.hears("comes")
    line.hears("worsens", "updated", "critical", earlier=("warning",))
    line.hears("flashes")
    line.hears("flashes", "resolved")
    line.run(1_800)
    assert line.tries < 75
    line.is_down, line.posted = False, []
    line.run(70)
    first: dict[tuple[str, str], bool] = {}
    for _, name, severity, is_over in line.posted:
        first.setdefault((name, severity), is_over)
    assert first == {
        ("stands", "warning"): False,
        ("ends", "warning"): True,
        ("comes", "warning"): False,
        ("worsens", "critical"): False,
        ("worsens", "warning"): True,
        ("flashes", "warning"): False,
    }
    line.run(60)
    assert [is_over for _, name, _, is_over in line.posted if name == "flashes"] == [False, True]


def test_waits_grow_and_are_forgotten_with_the_first_success() -> None:
    """Doubled up to a minute, up to a half less by chance."""
    patience = Patience()
    assert [patience.after(n, 0.0) for n in (1, 2, 3, 7, 60)] == [1, 2, 4, 60, 60]
    assert patience.after(3, 1.0) == 2
    line = Line(is_down=True)
    line.hears()
    line.run(100)
    assert line.courier.failures > 5
    line.is_down = False
    line.run(60)
    assert (line.courier.failures, line.courier.not_before) == (0, 0.0)


def test_news_do_not_shorten_the_wait() -> None:
    """A storm of alerts is no storm of tries."""
    line = Line(is_down=True)
    for _ in range(500):
        line.hears()
        line.run(1)
    assert line.tries < 20


def test_a_record_that_comes_while_another_is_under_way_is_posted_too() -> None:
    """What was accepted was the older one."""
    line = Line()
    line.hears()
    (parcel,) = line.courier.due(0, 0)
    line.hears("a", "resolved")
    line.courier.accepted(parcel, 0)
    line.run(0)
    assert [is_over for *_, is_over in line.posted] == [True]


def test_a_former_severity_is_ended_once() -> None:
    """An Alertmanager that hears of an end again may tell people again."""
    line = Line()
    line.hears(severity="warning")
    line.run(10)
    line.hears(severity="critical", status="updated", earlier=("warning",))
    line.run(110)
    line.hears(severity="critical", status="resolved", earlier=("warning", "critical"))
    line.run(10)
    assert line.posted == [
        (0, "a", "warning", False),
        (10, "a", "critical", False),
        (10, "a", "warning", True),
        (70, "a", "critical", False),
        (120, "a", "critical", True),
    ]


def test_after_a_restart_former_severities_are_ended_too() -> None:
    """Its history tells which there were."""
    line = Line()
    line.courier.recalled(told(severity="critical", earlier=("warning",)), 0.0, 0.0)
    line.run(60)
    assert [(at, severity) for at, _, severity, _ in line.posted] == [(0, "critical"), (0, "warning"), (60, "critical")]


def test_after_a_restart_all_that_matters_is_posted() -> None:
    """What is open; what ended within a day, for its end may not have been told."""
    line = Line(now=5 * DAY)
    written: dict[str, Any] = {"written_at": round(4.5 * DAY * SECOND)}
    for name, status, said in [
        ("open", "open", {}),
        ("reopened", "reopened", {}),
        ("ended", "resolved", written),
        ("long ago", "resolved", {}),
    ]:
        line.courier.recalled(told(name, status, **said), line.now, line.now)
    line.run(0)
    assert [(name, is_over) for _, name, _, is_over in line.posted] == [
        ("open", False),
        ("reopened", False),
        ("ended", True),
    ]


@given(
    st.lists(
        st.tuples(
            st.floats(0, 200),
            st.booleans(),
            st.sampled_from(["a", "b", "c"]),
            st.sampled_from(["open", "updated", "reopened", "resolved"]),
        ),
        max_size=30,
    )
)
def test_whatever_happens_it_ends_as_the_log_says(steps: list[tuple[float, bool, str, str]]) -> None:
    """However records and outages mix: once the Alertmanager is back, what stands there is what is open here."""
    line, latest = Line(), {}
    for seconds, is_down, name, status in steps:
        line.is_down = is_down
        line.hears(name, status)
        latest[name] = status
        line.run(seconds)
    line.is_down, line.posted = False, []
    line.run(200)
    stands: dict[str, bool] = {}
    for _, name, _, is_over in line.posted:
        stands[name] = not is_over
    assert {name for name, does in stands.items() if does} == {
        name for name, status in latest.items() if status != "resolved"
    }
    assert set(line.courier.letters) == {name for name, status in latest.items() if status != "resolved"}
