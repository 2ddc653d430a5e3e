"""The file of Redis properties: who we are to a store, and by which certificates we know it."""

from pathlib import Path

from stream.faults import Stopped
from stream.properties import properties

KNOWN = ("username", "password", "ssl_ca_certs", "ssl_certfile", "ssl_keyfile")


def redis_properties(file: Path | None) -> dict[str, str]:
    """Its key=value lines. Raises Stopped for a name that is none, or a file that is missing; neither is shown."""
    given = properties(file)
    if strange := len(set(given) - set(KNOWN)):
        raise Stopped(
            f"{file}: found {strange} properties that are none, expected some of {', '.join(KNOWN)}",
            fix="correct their names; they are not shown here, one may be a secret in the wrong place",
            configuration=True,
        )
    for name, value in given.items():
        if name.startswith("ssl_") and not Path(value).is_file():
            fix = "give the path of a file that is there; what was given is not shown"
            raise Stopped(f"{file}: {name} names no file", fix=fix, configuration=True)
    return given
