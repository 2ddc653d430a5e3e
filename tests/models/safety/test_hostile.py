"""A scorer that looks at a hostile bundle refuses it by its exact cause, and goes on serving as if nothing were."""

from pathlib import Path

import pytest

from models.bundle import BundleRefused, load_bundle
from models.session import Session
from models.verify import proven_session, verify
from tests.models.bundles import resealed
from tests.models.safety.hostile import Hostile, hostile_models

CORPUS = hostile_models()


@pytest.fixture(scope="module")
def serving(sound: Path) -> Session:
    """The model that serves while others are looked at."""
    return proven_session(load_bundle(sound))


@pytest.mark.parametrize("name", CORPUS)
def test_a_hostile_candidate_is_refused_while_the_serving_model_goes_on(
    sound: Path, copied: Path, serving: Session, name: str
) -> None:
    """The words say what is wrong; the scores of the running session stay the same to the last bit."""
    candidate: Hostile = CORPUS[name]
    golden = load_bundle(sound).golden
    before = serving.score(golden.matrix).tobytes()
    resealed(copied, {"model.onnx": candidate.onnx})
    with pytest.raises(BundleRefused, match=candidate.cause):
        verify(copied)
    assert serving.score(golden.matrix).tobytes() == before
