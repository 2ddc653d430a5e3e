"""The command `make dashboards`: writes the JSON of every dashboard beside the settings of Grafana."""

from collections.abc import Mapping
from pathlib import Path

from deploy.dashboards import alerts, cost, drift, kafka, labeler, overview, quality, scorer
from deploy.dashboards.drawing import drawn

JSON = Path(__file__).parents[1] / "compose" / "grafana" / "dashboards"
BOARDS = tuple(one.BOARD for one in (overview, scorer, kafka, drift, quality, labeler, alerts, cost))


def texts() -> Mapping[str, str]:
    """The text of each file by its name."""
    return {f"{board.uid.removeprefix('driftline-')}.json": drawn(board) for board in BOARDS}


if __name__ == "__main__":
    for name, text in texts().items():
        (JSON / name).write_text(text, encoding="utf-8")
