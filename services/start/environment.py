"""A service's settings as the environment gives them; an unknown variable with its prefix is an error."""

import os
from typing import TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from stream.faults import Stopped

S = TypeVar("S", bound=BaseSettings)


def read_environment(kind: type[S], prefix: str) -> S:
    """The settings of `kind`, from variables that begin with `prefix`. Raises Stopped naming every one at fault."""
    known = {prefix + name.upper() for name in kind.model_fields}
    strange = sorted(name for name in os.environ if name.upper().startswith(prefix) and name.upper() not in known)
    if strange:
        raise Stopped(
            f"unknown setting {', '.join(strange)}",
            cause="a misspelt or retired variable",
            fix=f"known are {', '.join(sorted(known))}",
            configuration=True,
        )
    try:
        return kind()
    except ValidationError as error:
        lines = [f"{prefix}{'.'.join(str(s) for s in e['loc']).upper()}: {e['msg']}" for e in error.errors()]
        raise Stopped(
            "; ".join(lines),
            cause="a variable is not set, or holds what it may not",
            fix="set the variables named",
            configuration=True,
        ) from error
