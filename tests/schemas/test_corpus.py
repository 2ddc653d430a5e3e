"""Every payload of the hostile corpus becomes its fault: alone, in a batch, in a process with little memory."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from load.bench.corpus import CORPUS, Corpus, avro_corpus, json_corpus
from schemas.columns import FAULTS, NOT_FINITE, WRONG_TYPE

ROOT = Path(__file__).parents[2]
FLAGS = {"": None, "not_finite": NOT_FINITE, "wrong_type": WRONG_TYPE}
FEW, MEBIBYTE = 30, 1 << 20


@pytest.fixture(params=[avro_corpus, json_corpus])
def corpus(request: pytest.FixtureRequest, tmp_path: Path) -> Corpus:
    """The corpus of one format."""
    made: Corpus = request.param(ROOT / CORPUS, tmp_path / "schemas")
    assert len(made.cases) >= FEW
    return made


def test_every_payload_becomes_its_fault_between_neighbours_that_are_read(corpus: Corpus) -> None:
    """All of them in one batch, each between two good rows, which look as they do alone."""
    values = [value for case in corpus.cases for value in (corpus.good, case.value)] + [corpus.good]
    found = corpus.reader.read(values)
    assert not found.waiting.any()
    assert {case.name: FAULTS[code] for case, code in zip(corpus.cases, found.faults[1::2], strict=True)} == {
        case.name: case.reason for case in corpus.cases
    }
    assert set(found.ids[::2]) == {b"good"}
    assert not found.faults[::2].any()
    assert set(found.times[::2].tolist()) == {5}
    assert np.isnan(found.matrix[::2]).all()
    for row, case in enumerate(corpus.cases):
        said = found.details.get(2 * row + 1, "")
        assert case.says in said, case.name
        assert said.isprintable(), case.name
        assert FLAGS[case.flag] in (None, found.flags[2 * row + 1, 0]), case.name


def test_every_payload_becomes_its_fault_alone(corpus: Corpus) -> None:
    """A batch of one takes another road through the reader."""
    found = {case.name: corpus.reader.read([case.value]) for case in corpus.cases}
    assert {name: FAULTS[columns.faults[0]] for name, columns in found.items()} == {
        case.name: case.reason for case in corpus.cases
    }


def test_no_payload_takes_much_memory_or_does_not_end(tmp_path: Path) -> None:
    """In a process that may take 128 MB more than it has, and two minutes of computing; each one's peak is small."""
    child = [sys.executable, "tests/schemas/corpus_child.py", str(ROOT / CORPUS), str(tmp_path / "schemas")]
    done = subprocess.run(child, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert len(found) >= 2 * FEW
    assert {name: peak for name, size, peak in found if peak > 5 * MEBIBYTE + 5 * size} == {}
