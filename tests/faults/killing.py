"""A scorer whose model kills the process at an event whose first feature is above 50, as native code might."""

import os
import signal
import sys
from typing import Any

from models.session import Session
from services.scorer import __main__ as scorer

LIMIT = 50.0


def deadly(answers: Any) -> Any:
    """The model's `answers`, which some rows do not survive."""

    def killing(session: Session, matrix: Any, *given: Any) -> Any:
        if (matrix[:, 0] > LIMIT).any():
            os.kill(os.getpid(), signal.SIGKILL)
        return answers(session, matrix, *given)

    return killing


def main() -> int:
    """Run the scorer as its own command does, with a deadly model."""
    setattr(Session, "answers", deadly(Session.answers))  # noqa: B010 - mypy lets no method be assigned
    return scorer.main()


if __name__ == "__main__":
    sys.exit(main())
