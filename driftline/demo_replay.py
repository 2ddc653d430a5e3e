"""The demo's replay, watched until every event is scored and every prediction has its outcome."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driftline.books import Books, waiting
from driftline.demo_outcomes import SoFar, is_drained
from driftline.local.progress import Progress
from driftline.output import FAILED, Refusal, say
from load.flights.incidents import MEANING, SINCE, Incident
from stream.telemetry.scrape import Scraped, scrape

PATIENCE_SECONDS = 60.0
LOOK_EVERY_SECONDS = 0.25
COUNT_EVERY_SECONDS = 1.0


@dataclass(frozen=True)
class Leg:
    """What to replay, how fast."""

    schemas: Path
    events: int
    speed: str
    incident: Incident | None = None

    def command(self, brokers: str) -> list[str]:
        """The replayer as a process of its own."""
        where = ["--brokers", brokers, "--schemas", str(self.schemas)]
        what = ["--events", str(self.events), "--speed", self.speed, "--bad", "--no-progress", "--json"]
        broken = ["--incident", self.incident] if self.incident else []
        return [sys.executable, "-m", "load.flights", *where, *what, *broken]


class Watch:
    """Looks at the scorer's metrics at `address`, and at the outcomes in the labeler's `books`."""

    def __init__(self, address: str, books: Books, bar: Progress) -> None:
        self._address, self._books, self._bar = address, books, bar
        self._so_far = SoFar(books)
        self._next_count = 0.0

    def look(self) -> tuple[Scraped, int]:
        """The scorer's metrics, and how many predictions have an outcome; both are shown."""
        found = scrape(self._address)
        if time.monotonic() >= self._next_count:
            self._so_far.look()
            self._next_count = time.monotonic() + COUNT_EVERY_SECONDS
        scored = int(found.value("driftline_events_total", outcome="scored"))
        self._bar.show(scored, self._words(found, scored))
        return found, self._so_far.answered

    def _words(self, found: Scraped, scored: int) -> str:
        marks = found.by("driftline_watermark_timestamp_seconds", "partition").values()
        day = time.strftime("%Y-%m-%d", time.gmtime(max(marks))) if marks else "no event yet"
        refused = sum(int(found.value("driftline_events_total", outcome=one)) for one in ("rejected", "dead"))
        return f"{refused} refused; {self._so_far.words(scored)}; event time {day}"

    def until_scored(self, due: int) -> Scraped:
        """The metrics once the scorer has committed everything that is due, or long after nothing more came."""
        return self._patiently(due, lambda found, _: found.total("driftline_events_total"))

    def until_joined(self, due: int) -> None:
        """Return once every prediction has an outcome and the labeler has read all there is, or nothing more comes."""
        self._patiently(due, lambda _, answered: answered)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (is_drained(self._books) and not waiting(self._books)) and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_SECONDS)

    def _patiently(self, due: int, count: Any) -> Scraped:
        """Look until the count is there; patience begins anew with everything that comes."""
        last, deadline = -1.0, 0.0
        while True:
            found, answered = self.look()
            done = count(found, answered)
            if done > last:
                last, deadline = done, time.monotonic() + PATIENCE_SECONDS
            if done >= due or time.monotonic() > deadline:
                return found
            time.sleep(LOOK_EVERY_SECONDS)


def replayed(leg: Leg, brokers: str, watch: Watch) -> dict[str, Any]:
    """Run the replayer, watching meanwhile; what it says it sent. Raises Refusal where it failed."""
    say(f"replaying {leg.events:,} flights from 1 March 2013, {leg.speed} s a second, one bad record in a thousand")
    if leg.incident:
        say(f"from {SINCE} on something is wrong: {MEANING[leg.incident]}")
    with subprocess.Popen(leg.command(brokers), stdout=subprocess.PIPE, text=True) as replayer:
        try:
            while replayer.poll() is None:
                watch.look()
                time.sleep(LOOK_EVERY_SECONDS)
            said = replayer.stdout.read() if replayer.stdout else ""
        except BaseException:
            replayer.terminate()
            replayer.communicate()  # it flushes what it sent, and says how much
            raise
    if replayer.returncode:
        raise Refusal("the replay failed", cause=f"exit code {replayer.returncode}: {said.strip()}", code=FAILED)
    return dict(json.loads(said))
