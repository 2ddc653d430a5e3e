"""The house rules hold over the whole tree, while each rule sees what breaks it."""

import hashlib
import subprocess
from pathlib import Path

import pytest

from tests.house import DOORS, violations

ROOT = Path(__file__).parents[1]
LONG_FOR_A_REASON: dict[str, str] = {}
"""Files past the limit, each with its reason."""
BINARY = {".parquet", ".onnx", ".gz", ".png"}


def committed() -> list[str]:
    """What git holds, or would hold: every text file of the tree."""
    said = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - git is found by PATH
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    names = [name for name in said.stdout.split("\0") if name and (ROOT / name).is_file()]
    return sorted(name for name in names if Path(name).suffix not in BINARY)


@pytest.mark.parametrize("path", committed())
def test_the_house_rules_hold(path: str) -> None:
    """Arrows, doors, openings, sizes, names, nothing unsafe: file by file."""
    found = violations(path, (ROOT / path).read_text(encoding="utf-8"))
    if path in LONG_FOR_A_REASON:
        found = [what for what in found if " lines, expected " not in what]
    assert found == []


def test_the_walk_sees_the_rooms() -> None:
    """An empty walk would pass for a clean house."""
    seen = set(committed())
    rooms = {"deploy", "driftline", "kernels", "load", "models", "schemas", "services", "stream", "tests"}
    assert {f"{room}/__init__.py" for room in rooms} <= seen
    assert {"README.md", "LICENSE", "pyproject.toml", "Makefile", "tests/house.py"} <= seen


def test_every_exception_is_still_needed() -> None:
    """A file that became short loses its place on the list."""
    for path in LONG_FOR_A_REASON:
        assert [what for what in violations(path, (ROOT / path).read_text(encoding="utf-8")) if " lines, " in what]


def test_the_licence_is_apache_2_unmodified() -> None:
    """By its digest, that of the text the foundation publishes."""
    digest = hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest()
    assert digest == "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"


OPEN = '"""A file."""\n'

GOOD = [
    ("models/session.py", OPEN + "import onnxruntime\nfrom schemas.columns import Columns\n"),
    (
        "services/scorer/pipeline.py",
        OPEN + "from services.scorer.core import check\nfrom stream.records import Batch\n",
    ),
    (
        "driftline/demo.py",
        OPEN + "from load.flights.rules import late\nfrom services.scorer.settings import Topics\n",
    ),
    ("stream/kafka/registry.py", OPEN + "from confluent_kafka.schema_registry import Schema\n"),
    ("load/flights/replay.py", OPEN + "import pyarrow.parquet\nfrom stream.kafka import client_config\n"),
    ("tests/stream/test_x.py", OPEN + "import confluent_kafka\nfrom services.scorer.core import check\n"),
    (
        "services/scorer/core.py",
        OPEN + "import numpy as np\nfrom datetime import timedelta\nfrom schemas.columns import NULL\n",
    ),
    ("models/x.py", OPEN + "import yaml\nyaml.safe_load('a: 1')\nnp.load('x', allow_pickle=False)\n"),
    ("models/y.py", '"""One sentence, e.g. this one.\n\nWith more below. Much more.\n"""\n'),
    ("load/bench/x.py", OPEN + "import importlib\nimportlib.import_module(f'load.bench.{name}')\n"),
    ("load/bench/x.py", OPEN + "from driftline.local.broker import Broker\n"),
    ("load/bench/peers/x.py", OPEN + "import redis\nimport confluent_kafka\n"),
    ("LICENSE", "http://www.apache.org/licenses/LICENSE-2.0"),
    ("Makefile", "uv pip compile --no-emit-index-url pyproject.toml"),
    ("driftline/local/jars.py", OPEN + "COORDINATES = 'org.apache.kafka:kafka_2.13:4.4.0'\n"),
]


@pytest.mark.parametrize(("path", "source"), GOOD, ids=[path for path, _ in GOOD])
def test_what_is_right_is_left_alone(path: str, source: str) -> None:
    """No rule cries without need."""
    assert violations(path, source) == []


BAD = [
    ("schemas/x.py", OPEN + "from stream.records import Batch\n", "schemas imports stream"),
    ("schemas/x.py", OPEN + "import models.contract\n", "schemas imports models"),
    ("stream/x.py", OPEN + "from schemas import topics\n", "stream imports schemas"),
    ("stream/x.py", OPEN + "def f():\n    import models.contract\n", "stream imports models"),
    ("stream/x.py", OPEN + "import services.scorer.core\n", "stream imports services"),
    ("models/x.py", OPEN + "from stream.records import Batch\n", "models imports stream"),
    ("models/x.py", OPEN + "import services\n", "models imports services"),
    (
        "services/drift/x.py",
        OPEN + "from services.scorer.core import a\n",
        "service drift imports service scorer",
    ),
    ("services/drift/x.py", OPEN + "from services import scorer\n", "service drift imports service scorer"),
    ("services/scorer/x.py", OPEN + "import driftline.up\n", "services imports driftline"),
    ("services/scorer/x.py", OPEN + "import load.flights\n", "services imports load"),
    ("load/x.py", OPEN + "from driftline.local.broker import Broker\n", "load imports driftline"),
    ("load/bench/x.py", OPEN + "import driftline.up\n", "load imports driftline"),
    ("stream/x.py", OPEN + "import tests.house\n", "stream imports tests"),
    (
        "stream/x.py",
        OPEN + "import importlib\nimportlib.import_module('models.build')\n",
        "stream imports models",
    ),
    ("stream/x.py", OPEN + "import importlib\nimportlib.import_module(name)\n", "made up at run time"),
    (
        "stream/x.py",
        OPEN + "import importlib\nimportlib.import_module(f'models.{name}')\n",
        "stream imports models",
    ),
    ("stream/x.py", OPEN + "from . import records\n", "imports relatively"),
    ("stream/loop.py", OPEN + "import confluent_kafka\n", "whose door is stream/kafka/*"),
    (
        "stream/kafka.py",
        OPEN + "from confluent_kafka.schema_registry import Schema\n",
        "whose door is stream/kafka/registry.py",
    ),
    ("stream/registry.py", OPEN + "from confluent_kafka import Producer\n", "whose door is stream/kafka/*"),
    ("services/labeler/core.py", OPEN + "import pickle\n", "imports pickle"),
    ("tests/x.py", OPEN + "from joblib import dump\n", "imports joblib"),
    ("models/x.py", OPEN + "eval('1')\n", "calls eval"),
    ("models/x.py", OPEN + "exec('1')\n", "calls exec"),
    ("models/x.py", OPEN + "yaml.load(text)\n", "calls yaml.load"),
    ("models/x.py", OPEN + "torch.load(path)\n", "calls torch.load"),
    ("models/x.py", OPEN + "np.load(path, allow_pickle=True)\n", "allows pickles"),
    ("models/x.py", OPEN + "np.load(path, allow_pickle=chosen)\n", "allows pickles"),
    ("services/x/core.py", OPEN + "import time\n", "pure core imports time"),
    ("services/x/core.py", OPEN + "from os import environ\n", "pure core imports os"),
    ("services/x/core.py", OPEN + "from stream.records import Batch\n", "pure core imports stream"),
    ("services/x/core.py", OPEN + "import random\n", "pure core imports random"),
    ("services/x/core.py", OPEN + "import numpy as np\nnp.random.seed(1)\n", "pure core touches np.random"),
    (
        "services/x/core.py",
        OPEN + "from datetime import datetime\ndatetime.now()\n",
        "pure core calls datetime.now",
    ),
    ("models/x.py", "import json\n", "does not open with a sentence"),
    ("tests/x.py", "", "does not open with a sentence"),
    ("models/x.py", '"""No stop"""\n', "expected one line that ends with a full stop"),
    ("models/x.py", '"""A sentence that\nruns over.\n"""\n', "expected one line"),
    ("models/x.py", '"""One. Two."""\n', "more than one sentence"),
    ("models/__init__.py", OPEN + "VERSION = 1\n", "holds more than its sentence"),
    ("stream/x.py", OPEN + "a = 1\n" * 200, "201 lines, expected 200"),
    ("stream/utils.py", OPEN, "'utils' says nothing"),
    ("stream/common/x.py", OPEN, "'common' says nothing"),
    ("docs/decisions/0001-x.md", "line\n" * 41, "a decision record of 41 lines"),
    ("README.md", "TO" + "DO: write", "unfinished business"),
    ("stream/x.py", OPEN + "# FIX" + "ME later\n", "unfinished business"),
    ("requirements/dev.txt", "--index" + "-url https://example.com/simple", "names a registry"),
    ("README.md", "see https://py" + "pi.org/project/x", "names a registry"),
    ("requirements/dev.txt", "https://files.python" + "hosted.org/x.whl", "names a registry"),
    ("driftline/local/jars.py", OPEN + "URL = 'https://repo1.maven" + ".org/maven2'\n", "names a registry"),
    ("driftline/local/jars.py", OPEN + "URL = 'https://repo.maven.apache" + ".org/maven2'\n", "names a registry"),
]


@pytest.mark.parametrize(("path", "source", "words"), BAD, ids=[f"{path}-{words}" for path, _, words in BAD])
def test_what_is_wrong_is_seen(path: str, source: str, words: str) -> None:
    """Every rule can fail, and says where."""
    found = violations(path, source)
    assert len(found) == 1
    assert words in found[0]
    assert found[0].startswith(path)


@pytest.mark.parametrize("library", DOORS)
def test_every_door_is_closed_to_others(library: str) -> None:
    """Whichever library: a room that is not its own may not import it."""
    stranger = "stream/loop.py"
    assert violations(stranger, f"{OPEN}import {library}\n") == [
        f"{stranger}:2: imports {library}, whose door is {' or '.join(DOORS[library])}"
    ]
