"""How each deed of a schedule is done: every one answers with what undoes it, or None where it was not possible."""

import os
import signal
import time
from collections.abc import Callable, Mapping

from stream.faults import Abort, Indefinite
from stream.kafka.clients import client_config
from stream.kafka.producer import TransactionalProducer
from tests.faults.soak.scene.denial import set_denial
from tests.faults.soak.scene.stage import DISK_BYTES, Scene, resize
from tests.faults.soak.schedule import Step

HIJACK_SECONDS, FULL_WITHIN_SECONDS = 5, 10
LEAVES_BYTES = 65_536
Undo = Callable[[], None]


def _done() -> None:
    """Nothing is to be undone."""


def _kill(scene: Scene, step: Step) -> Undo | None:
    return _done if scene.warden.ask(step.target, "kill", down_seconds=step.lasts_seconds) else None


def _terminate(scene: Scene, step: Step) -> Undo | None:
    return _done if scene.warden.ask(step.target, "terminate", down_seconds=step.lasts_seconds) else None


def _freeze(scene: Scene, step: Step) -> Undo | None:
    return scene.warden.freeze(step.target)


def _join(scene: Scene, step: Step) -> Undo | None:
    how = "terminate" if step.deed == "join" else "kill"
    scene.warden.invite(step.target)
    return lambda: void(scene.warden.ask(step.target, how, comes_back=False))


def _hijack(scene: Scene, step: Step) -> Undo | None:
    name = f"{scene.books.reader}.{step.target}"
    thief = TransactionalProducer(client_config(scene.books.brokers) | {"transactional.id": name, "log_level": 0})
    try:
        thief.init(time.monotonic() + HIJACK_SECONDS, time.monotonic)
    except (Abort, Indefinite):
        return None
    finally:
        thief.drop()
    return _done


def _wish(scene: Scene, step: Step) -> Undo | None:
    member = scene.warden.members[step.target]
    member.wish(step.deed, step.amount)
    return lambda: member.wish(step.deed, 0.0)


def _stall(scene: Scene, step: Step) -> Undo | None:
    return scene.wires.stall(step.target)


def _cut(scene: Scene, step: Step) -> Undo | None:
    return scene.wires.swallow(step.target, "requests", "answers")


def _mute(scene: Scene, step: Step) -> Undo | None:
    return scene.wires.swallow(step.target, "answers")


def _delay(scene: Scene, step: Step) -> Undo | None:
    return scene.wires.delay(step.target, step.amount)


def _reset(scene: Scene, step: Step) -> Undo | None:
    scene.wires.reset(step.target)
    return _done


def _kill_broker(scene: Scene, _step: Step) -> Undo | None:
    """As kill -9 has it. Never in good order: shutting down, the only broker of a cluster drops markers that it owes.

    Kafka 4.4 logs "Couldn't find leader endpoint for partitions .. likely deleted" and takes the transaction for done.
    """
    scene.later(scene.broker.kill)
    return lambda: scene.later(scene.broker.restart)


def _freeze_broker(scene: Scene, _step: Step) -> Undo | None:
    scene.later(lambda: os.kill(scene.broker.pid, signal.SIGSTOP))
    return lambda: scene.later(lambda: os.kill(scene.broker.pid, signal.SIGCONT))


def _fill_disk(scene: Scene, _step: Step) -> Undo | None:
    if not scene.has_small_disk:
        return None
    scene.later(lambda: _leave_no_room(scene))
    return lambda: scene.later(lambda: _make_room(scene))


def _leave_no_room(scene: Scene) -> None:
    state = os.statvfs(scene.disk)
    resize(scene.disk, (state.f_blocks - state.f_bfree) * state.f_frsize + LEAVES_BYTES)


def _make_room(scene: Scene) -> None:
    """A broker that cannot write ends itself: it is given the time, then room, and started again."""
    deadline = time.monotonic() + FULL_WITHIN_SECONDS
    while scene.broker.exit_code is None and time.monotonic() < deadline:
        time.sleep(0.1)
    resize(scene.disk, DISK_BYTES)
    scene.broker.kill()
    scene.broker.restart()


def _deny_letters(scene: Scene, _step: Step) -> Undo | None:
    """Nobody may write to the dead-letter topic."""
    scene.later(lambda: set_denial(scene.books, denied=True), hand="letters")
    return lambda: scene.later(lambda: set_denial(scene.books, denied=False), hand="letters")


def _burst(scene: Scene, step: Step) -> Undo | None:
    scene.pace(step.amount)
    return lambda: scene.pace(1.0)


def void(_value: object) -> None:
    """Drop what a call answers."""


ACTS: Mapping[str, Callable[[Scene, Step], Undo | None]] = {
    "kill": _kill, "terminate": _terminate, "freeze": _freeze, "zombie": _freeze, "join": _join, "visit": _join,
    "hijack": _hijack, "abort": _wish, "slow": _wish, "clock": _wish, "stall": _stall, "cut": _cut, "mute": _mute,
    "blackout": _cut,
    "delay": _delay, "reset": _reset, "kill broker": _kill_broker,
    "freeze broker": _freeze_broker, "fill disk": _fill_disk, "deny letters": _deny_letters, "burst": _burst,
}  # fmt: skip
