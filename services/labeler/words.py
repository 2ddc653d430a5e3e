"""Short names for what many predictions share: version, digest, arm and source; the segments."""

import json
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.labeler.asking import asked
from stream.faults import Abort, Stopped

Said = tuple[Any, ...]
Ask = Callable[[int], bytes | None]


class Words:
    """Names of four bytes, each a hash of what it stands for; `ask` tells it of a name in the waiting room."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._said: dict[int, Said] = {}
        self._used: dict[int, bytes] = {}

    def names(self, said: Sequence[Said], codes: NDArray[np.integer]) -> NDArray[np.uint32]:
        """The name of each row's set, (n,): `codes` are places in `said`. Raises Stopped when two sets share a name."""
        return np.take(np.array([self._name(one) for one in said] or [0], np.uint32), codes)

    def _name(self, said: Said) -> int:
        text = json.dumps(said, separators=(",", ":")).encode()
        name = int.from_bytes(blake2b(text, digest_size=4).digest(), "little")
        if self._said.setdefault(name, said) != said:
            raise Stopped(
                f"{said} and {self._said[name]} have the same short name",
                cause="a collision of hashes, one in four thousand millions",
                fix="change the model's version by a character",
            )
        self._used[name] = text
        return name

    def said(self, name: int) -> Said:
        """What a name stands for. Raises Abort when nobody knows, which a rebuild of the room mends, or answers."""
        if name not in self._said:
            text = asked(partial(self._ask, name))
            if text is None:
                raise Abort(f"the waiting room does not know what the name {name:08x} in it stands for")
            self._said[name] = _tupled(json.loads(text))
        return self._said[name]

    def whose(self, name: int) -> Hashable:
        """Whose predictions a word set names: a version's and arm's."""
        version, _, arm, *_ = self.said(name)
        return version, arm

    def used(self) -> dict[int, bytes]:
        """The names that the open transaction gave, to be written with it."""
        return self._used

    def forget(self) -> None:
        """The transaction ended."""
        self._used = {}

    def distinct(self, names: NDArray[np.uint32]) -> tuple[list[Said], NDArray[np.int64]]:
        """What a column of names stands for, each once, with each row's place among them."""
        found, places = np.unique(names, return_inverse=True)
        return [self.said(name) for name in found.tolist()], places.reshape(-1)


def _tupled(said: Any) -> Any:
    return tuple(map(_tupled, said)) if isinstance(said, list) else said
