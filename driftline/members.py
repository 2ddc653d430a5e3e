"""What runs in a stack, with what each of its members answers now."""

from pathlib import Path
from typing import Any

from driftline.local.readiness import asked_for_readiness, broker_answers, redis_answers
from driftline.local.state import Member, StackState


def described(directory: Path, state: StackState) -> dict[str, Any]:
    """The state with what each member answers now, as `--json` prints it."""
    members = [_described(member) for member in state.members]
    alive = state.supervisor.is_alive()
    ready = alive and state.phase == "ready" and all(member["ready"] for member in members)
    return {
        "state": str(directory),
        "phase": state.phase if alive else "supervisor gone",
        "ready": ready,
        "brokers": state.brokers,
        "redis": state.redis,
        "prefix": state.prefix,
        "models": list(state.models),
        "supervisor": {"pid": state.supervisor.pid, "alive": alive},
        "services": members,
    }


def _described(member: Member) -> dict[str, Any]:
    alive = member.process.is_alive()
    if not alive:
        ready, reason = False, "not running"
    elif member.ready_url:
        ready, reason = asked_for_readiness(member.ready_url)
    else:
        ready = (redis_answers if member.name == "redis" else broker_answers)(member.address)
        reason = "" if ready else "does not answer"
    return {
        "name": member.name,
        "pid": member.process.pid,
        "alive": alive,
        "ready": ready,
        "reason": "" if ready else reason,
        "address": member.address,
        "log": str(member.log),
    }
