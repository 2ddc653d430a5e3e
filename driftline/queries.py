"""What the dashboards and rules ask of Prometheus, asked of a real one."""

import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from driftline.local.observing import COMPOSE

ALL = ".+"
MINUTES, STEP_SECONDS = 10, 2
FILLED: Mapping[str, str] = {
    "__rate_interval": "30s",
    "__interval": "30s",
    "__range": "600s",
    "model": ALL,
    "version": ALL,
    "service": ALL,
    "price": "0.04",
}
"""What stands for each of Grafana's variables where everything is chosen."""
CHOICE = re.compile(r"label_values\((.+),\s*(\w+)\)")
VARIABLE = re.compile(r"\$(\w+)")


class Refused(Exception):
    """Prometheus did not take a query; the message is its own."""


class Query(NamedTuple):
    """An expression with where it stands."""

    place: str
    expression: str

    def filled(self) -> str:
        """As it is asked once every variable is chosen; of a choice what it chooses among. KeyError for others."""
        among = CHOICE.fullmatch(self.expression)
        text = among.group(1) if among else self.expression
        return VARIABLE.sub(lambda name: FILLED[name.group(1)], text)


class Prometheus:
    """The one at `url`, asked without a proxy: it is on loopback."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def series(self, expression: str) -> list[dict[str, Any]]:
        """What it came to in the last minutes, series by series. Raises Refused, OSError."""
        now = time.time()
        said = {"query": expression, "start": now - 60 * MINUTES, "end": now, "step": STEP_SECONDS}
        return list(self._ask("query_range", said)["result"])

    def now(self, expression: str) -> list[dict[str, Any]]:
        """What it comes to now, series by series. Raises Refused, OSError."""
        return list(self._ask("query", {"query": expression})["result"])

    def targets(self) -> list[dict[str, Any]]:
        """Whom it scrapes. Raises OSError."""
        return list(self._ask("targets", {"state": "active"})["activeTargets"])

    def alertmanagers(self) -> list[str]:
        """Whom it tells. Raises OSError."""
        return [one["url"] for one in self._ask("alertmanagers", {})["activeAlertmanagers"]]

    def _ask(self, what: str, said: Mapping[str, Any]) -> Any:
        try:
            with self._opener.open(f"{self._url}/api/v1/{what}?{urllib.parse.urlencode(said)}", timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise Refused(str(json.loads(error.read() or b"{}").get("error", error))) from error


def has_data(series: Iterable[Mapping[str, Any]]) -> bool:
    """Whether any series has a number."""
    return any(value != "NaN" for one in series for _, value in one["values"])


def of_dashboards() -> Iterator[Query]:
    """Every query of every panel, choice and annotation."""
    for path in sorted((COMPOSE / "grafana" / "dashboards").glob("*.json")):
        board = json.loads(path.read_text(encoding="utf-8"))
        yield from _of_board(path.stem, board)


def _of_board(name: str, board: Mapping[str, Any]) -> Iterator[Query]:
    for choice in board["templating"]["list"]:
        if choice["type"] == "query":
            yield Query(f"{name}: choice {choice['name']}", choice["query"])
    for note in board["annotations"]["list"]:
        yield Query(f"{name}: annotation {note['name']}", note["expr"])
    for panel in _panels(board["panels"]):
        for target in panel.get("targets", ()):
            yield Query(f"{name}: {panel['title']} {target['refId']}", target["expr"])


def _panels(some: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Panels with those that lie folded in a row."""
    for panel in some:
        yield panel
        yield from _panels(panel.get("panels", ()))


def of_rules(directory: Path = COMPOSE / "prometheus" / "rules") -> Iterator[tuple[Query, bool]]:
    """Every rule's expression with whether it is an alert's."""
    for path in sorted(directory.iterdir()):
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            for rule in group["rules"]:
                yield Query(f"{path.stem}: {rule.get('record') or rule['alert']}", rule["expr"]), "alert" in rule
