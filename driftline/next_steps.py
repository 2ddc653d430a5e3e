"""What a person would try next with a stack that runs."""

from pathlib import Path

from driftline.local.state import StackState
from driftline.where import STATE


def next_steps(directory: Path, state: StackState, *, stays: bool) -> list[str]:
    """What a person would try next, ready to paste."""
    where = "" if directory == STATE.resolve() else f" --state {short(directory)}"
    lines = ["", f"Kafka is at {state.brokers}. Next, try:", f"  driftline status{where}"]
    for model in state.models:
        lines.append(f"  driftline tail predictions --model {model}{where}   # or outcomes, once there are labels")
        lines.append(f"  driftline schema add YOUR.avsc{where}   # then produce to {state.prefix}{model}.features")
    lines.append("Ctrl-C stops the stack." if stays else f"  driftline down{where}")
    return lines


def short(path: str | Path) -> str:
    """The path as seen from the working directory where that is shorter."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except ValueError:
        return str(path)
