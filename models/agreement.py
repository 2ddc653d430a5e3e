"""Agreement: whether a baseline, a verdict on strangeness, is of the model that a contract describes."""

from models.baseline import Baseline
from models.contract import Contract
from models.ood import OutOfDistribution


def disagreement(baseline: Baseline, contract: Contract) -> str | None:
    """The first way in which `baseline` is not one of `contract`, in words; None if they agree."""
    found = [(f.name, f.kind, f.bins if f.kind == "category" else 0) for f in baseline.features]
    expected = [(feature.name, feature.type, len(feature.categories)) for feature in contract.features]
    if len(found) != len(expected):
        return f"found {len(found)} features, expected {len(expected)}"
    for ours, theirs in zip(found, expected, strict=True):
        if ours != theirs:
            return f"found feature {_described(*ours)}, expected {_described(*theirs)}"
    return None


def _described(name: str, kind: str, categories: int) -> str:
    return f"{name} ({kind}, {categories} categories)" if categories else f"{name} ({kind})"


def strangeness_disagreement(ood: OutOfDistribution, contract: Contract) -> str | None:
    """How `ood` judges other columns than those of `contract` that are no categories, in words; None if it does not."""
    numbers = [place for place, feature in enumerate(contract.features) if feature.type != "category"]
    found, expected = (ood.width, list(ood.places)), (len(contract.features), numbers)
    return None if found == expected else f"found width and places {found}, expected {expected}"
