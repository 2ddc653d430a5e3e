"""What stands on the terminal is what was seen, in lines that no data can upset."""

from io import StringIO

from rich.console import Console

from driftline.alerts.view import standing
from driftline.drift.view import lines
from driftline.top.frame import frame, line_of
from driftline.view.data import as_data
from driftline.view.seen import Flow, Live, Member, Reasons, Seen
from tests.driftline.alerts.test_view import FELL, alert
from tests.driftline.view.seeing import REPORTS, finding, inputs, seen

UPSETTING = "\x1b[2J[red]\r\n"
LIVE = Live(
    members=[Member(role="scorer", address="", is_ready=True), Member(role="labeler", address="", is_ready=False)],
    rates=Flow(events={"scored": 120.0, "rejected": 1.5}, labels=80.0, outcomes={"matched": 79.0}),
    lag={"scorer": 12.0},
    times="of the last minute",
)


def drawn(shown: Seen, width: int = 140) -> str:
    """What a terminal of that width shows."""
    console = Console(width=width, color_system=None, file=StringIO())
    with console.capture() as heard:
        console.print(frame(shown))
    return heard.get()


def test_the_screen_says_what_was_seen() -> None:
    """Rates, totals, lag, times, reasons, quality, drift, alerts."""
    text = drawn(seen(live=LIVE))
    for said in (
        "ready, 12 behind",
        "not ready",
        "shop.features 4,383",
        "scored 4,321 120/s",
        "rejected 20 1.5/s",
        "matched 3,999 79/s",
        "infer 5.5 ms",
        "(of the last minute)",
        "null rejected 15",
        "realised, all 88.0 % of 4,500 labelled rows",
        "realised, last window 88.0 %, floor 87.0 %",
        "estimated, last window 90.0 % (85.0 % to 95.0 %)",
        "1 of 5",
        FELL[:30],
    ):
        assert said in " ".join(text.split()), said


def test_a_feature_that_never_stood_out_is_not_listed() -> None:
    """The table is of those worth a look."""
    assert "price" not in drawn(seen())
    assert "temp" in drawn(seen())
    odd = inputs(0, findings=[finding("odd", 1e-4), finding("calm", 0.02)])
    text = drawn(seen(lines=list(lines([odd]))))
    assert "odd" in text, "it did not move, but is hardly chance"
    assert "calm" not in text


def test_a_line_for_a_pipe_has_the_same_in_one_line() -> None:
    """No table, no colour."""
    said = line_of(seen(live=LIVE))
    assert "\n" not in said
    assert said.startswith("12:30:00 events 122/s, outcomes 79/s; behind: scorer 12; events answered 4,328; refused 55")
    assert "ledger balanced" in said
    assert "moved in the last window: temp" in said


def test_what_data_says_does_not_upset_a_terminal() -> None:
    """Neither by control characters nor by rich's own markup."""
    told = [*REPORTS, inputs(6, findings=[finding(UPSETTING, 1e-5, fired=True)])]
    bad = alert("a", "open", "critical", sentence=UPSETTING, model=UPSETTING)
    shown = seen(
        model=UPSETTING,
        lines=list(lines(told)),
        alerts=standing([bad]),
        reasons=Reasons(rejected={UPSETTING: 1}),
        missing=[UPSETTING],
        live=LIVE,
    )
    for text in (drawn(shown, 400), line_of(shown)):
        assert "\x1b" not in text
        assert "\r" not in text
        assert "\\x1b[2J[red]\\x0d\\x0a" in text


def test_machines_get_the_same_numbers() -> None:
    """As JSON can hold them."""
    said = as_data(seen(live=LIVE))
    assert said["flow"]["events"]["scored"] == 4321
    assert said["live"]["rates"]["outcomes"] == {"matched": 79.0}
    assert said["ledgers"]["labeler"] == {"status": "balanced", "detail": ""}
    assert said["quality"][0]["last_realised"]["realised"] == 0.88
    assert said["quality"][0]["moved_in_last_window"] == ["temp"]
    assert said["verdict"]["tone"] == "bad"
