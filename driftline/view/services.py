"""The services of a model that can be asked over their admin ports, with what they answer."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from driftline.local.readiness import asked_for_readiness
from driftline.local.state import read_state
from driftline.output import Refusal
from driftline.view.seen import ROLES, Member, Role, Served
from driftline.where import Where
from stream.telemetry.scrape import Scraped, scrape

AdminOption = Annotated[
    list[str] | None,
    typer.Option(
        "--admin",
        metavar="ROLE=HOST:PORT",
        help=f"Also ask this admin port; of the local stack's services by default. ROLE is {', '.join(ROLES)}.",
    ),
]
NAMED = re.compile(r"(\w+)=((?:[\w.-]+|\[[0-9a-fA-F:]+\]):\d{1,5})")


@dataclass(frozen=True)
class Service:
    """Who is asked, at http://host:port."""

    role: Role
    address: str


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What was answered: whether each is ready, the metrics of each role added up, who did not answer and why."""

    members: Sequence[Member]
    metrics: Mapping[Role, Scraped]
    missing: Sequence[str]

    @property
    def served(self) -> list[Served]:
        """Which bundles the scorers serve."""
        return served_by(self.metrics["scorer"]) if "scorer" in self.metrics else []


def services_of(at: Where, state: Path, named: Sequence[str] | None) -> list[Service]:
    """Those named, else those of the local stack that serve the model. Raises Refusal for what is no ROLE=HOST:PORT."""
    if named:
        return [_named(text) for text in named]
    running = read_state(state)
    if running is None or running.brokers != at.brokers:
        return []
    names = {f"{at.model}.{role}-": role for role in ROLES}
    return [
        Service(role, member.address)
        for member in running.members
        for begin, role in names.items()
        if member.name.startswith(begin) and member.ready_url
    ]


def _named(text: str) -> Service:
    found = NAMED.fullmatch(text)
    role = next((one for one in ROLES if found and found[1] == one), None)
    if found is None or role is None:
        fix = f"name a role ({', '.join(ROLES)}) and an address, such as scorer=127.0.0.1:9101"
        raise Refusal(f"found --admin {text}", cause="it does not say who is to be asked where", fix=fix)
    return Service(role, f"http://{found[2]}")


def asked(services: Iterable[Service]) -> Answers:
    """Ask each of them."""
    members: list[Member] = []
    metrics: dict[Role, Scraped] = {}
    missing: list[str] = []
    for one in services:
        is_ready, why = asked_for_readiness(f"{one.address}/readyz")
        members.append(Member(role=one.role, address=one.address, is_ready=is_ready, why="" if is_ready else why))
        try:
            metrics[one.role] = added(metrics.get(one.role), scrape(one.address))
        except (OSError, ValueError) as error:
            missing.append(f"The {one.role} at {one.address} does not answer: {error}.")
    return Answers(members=members, metrics=metrics, missing=missing)


def added(first: Scraped | None, other: Scraped) -> Scraped:
    """The samples of two processes of one role together."""
    if first is None:
        return other
    keys = {**first.samples, **other.samples}
    return Scraped({key: first.samples.get(key, 0.0) + other.samples.get(key, 0.0) for key in keys})


def served_by(found: Scraped) -> list[Served]:
    """Which bundles a scorer's metrics name."""
    info = "driftline_model_info"
    named = [dict(labels) for (name, labels), value in found.samples.items() if name == info and value]
    every = [Served(version=one["model_version"], arm=one["arm"], digest=one["digest"]) for one in named]
    return sorted(every, key=lambda one: (one.version, one.arm))
