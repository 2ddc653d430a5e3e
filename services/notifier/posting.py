"""The door to an Alertmanager: its v2 API over HTTP."""

from collections.abc import Sequence
from enum import Enum

import aiohttp
import structlog

from services.notifier.core import Post

PATH = "/api/v2/alerts"
TAKEN = 200
"""Nothing else: what a proxy answers with, a redirect among it, tells no alert."""
WRONG = {400, 413, 422}
"""Answers that speak of the alerts; any other failure speaks of the Alertmanager, or of what lies before it."""
LONGEST_ANSWER = 500


class Verdict(Enum):
    """What became of a post."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    FAILED = "failed"


class Alertmanager:
    """One Alertmanager at `url`; `session` belongs to whoever opened it."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url, self._session = url.rstrip("/"), session

    async def post(self, posts: Sequence[Post]) -> Verdict:
        """Post them all at once; whatever goes wrong is a verdict, and is logged."""
        try:
            async with self._session.post(self.url + PATH, json=list(posts), allow_redirects=False) as answer:
                if answer.status == TAKEN:
                    return Verdict.ACCEPTED
                said = (await answer.content.read(LONGEST_ANSWER)).decode("utf-8", "replace")
                verdict = Verdict.REFUSED if answer.status in WRONG else Verdict.FAILED
                why = f"{answer.status}: {said}"
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            verdict, why = Verdict.FAILED, f"{type(error).__name__}: {error}"
        structlog.get_logger().warning("post", verdict=verdict.value, alertmanager=self.url, alerts=len(posts), why=why)
        return verdict
