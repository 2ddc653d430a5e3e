"""The members of one stack as children of this process: started, watched, and stopped in order."""

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Literal, NoReturn

from driftline.local.broker import Broker
from driftline.local.child import Child
from driftline.local.ended import died
from driftline.local.observing import READY, observers
from driftline.local.plan import FIRST_ADMIN_PORT, Plan, Service
from driftline.local.ports import Promised
from driftline.local.readiness import redis_answers, wait_until_ready
from driftline.local.retention import kept_for, windows_of
from driftline.local.state import Member, Process, StackState, state_file, write_state
from driftline.local.topics import create_missing
from driftline.local.valkey import Valkey
from driftline.output import FAILED, Refusal, say
from schemas.contracts import NAMES, latest
from schemas.source import DirectorySource
from schemas.topics import topics_of
from stream.kafka.admin import Admin, BrokerUnreachable, TopicRefused

ANSWERS_WITHIN_SECONDS = 5.0
LOOK_EVERY_SECONDS = 0.2
ADMIN_PORTS = 50


class Supervisor:
    """Starts what a plan says, watches it, stops it."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._brokers = plan.brokers or ""
        self._broker: Broker | None = None
        self._redis = plan.redis
        self._valkey: Valkey | None = None
        self._children: list[Child] = []
        self._members: list[Member] = []
        self._ports = Promised()

    def start(self) -> StackState:
        """Start everything and return once all of it is ready.

        Raises Refusal; what had been started by then is still to be stopped.
        """
        self._write("starting")
        self._start_broker()
        if self._plan.needs_redis:
            self._start_redis()
        self._prepare()
        for service in self._plan.services:
            self._start_service(service)
        if self._plan.observing:
            for one in observers(self._plan.directory, self._plan.observing, tuple(self._members)):
                self._launch(one.name, one.command, one.address, ready=READY)
        stands_first = len(self._members) - len(self._children)
        for child, member in zip(self._children, self._members[stands_first:], strict=True):
            self._wait_for(child, member)
        return self._write("ready")

    def watch(self) -> NoReturn:
        """Stay until a member ends, which is a Refusal with its exit code and the end of its log."""
        while True:
            for child in self._children:
                if child.exit_code is not None:
                    raise died(child)
            if self._broker and self._broker.child and self._broker.exit_code is not None:
                raise died(self._broker.child)
            if self._valkey and self._valkey.exit_code is not None:
                raise died(self._valkey.child)
            time.sleep(LOOK_EVERY_SECONDS)

    def stop(self) -> None:
        """Stop the services together, then what they stand on, and forget the state."""
        for child in self._children:
            child.ask_to_stop()
        for child in self._children:
            say(f"{child.name}: stopped, exit code {child.stop()}")
        if self._valkey:
            say(f"redis: stopped, exit code {self._valkey.stop()}")
        if self._broker:
            say(f"broker: stopped, exit code {self._broker.stop()}")
        with suppress(FileNotFoundError):
            state_file(self._plan.directory).unlink()
        self._ports.close()

    def _start_broker(self) -> None:
        if self._plan.brokers:
            try:
                Admin(self._brokers).partition_counts(ANSWERS_WITHIN_SECONDS)
            except BrokerUnreachable as error:
                fix = "check --brokers HOST:PORT, or leave it out to start the embedded Kafka"
                raise Refusal(str(error), cause="no broker listens there", fix=fix) from error
            return
        began = time.monotonic()
        say("broker: starting")
        log = self._plan.log_of("broker")
        self._broker = Broker.start(self._plan.directory / "kafka", log=log)
        self._brokers = self._broker.bootstrap
        self._members.append(
            Member(name="broker", process=Process.of(self._broker.pid), address=self._brokers, log=log)
        )
        self._write("starting")
        say(f"broker: ready at {self._brokers} ({time.monotonic() - began:.1f} s)")

    def _start_redis(self) -> None:
        if self._redis:
            if not redis_answers(self._redis):
                fix = "check --redis HOST:PORT, or leave it out to start the embedded Valkey"
                raise Refusal(f"no Redis at {self._redis}", cause="nobody answers there", fix=fix)
            return
        log = self._plan.log_of("redis")
        self._valkey = Valkey.start(self._plan.directory / "redis", memory=self._plan.redis_memory, log=log)
        self._redis = self._valkey.address
        self._members.append(Member(name="redis", process=Process.of(self._valkey.pid), address=self._redis, log=log))
        self._write("starting")
        say(f"redis: ready at {self._redis}")

    def _prepare(self) -> None:
        source = DirectorySource(self._plan.schemas)
        for name in NAMES:
            source.add(latest(name))
        admin, windows = Admin(self._brokers), windows_of(self._plan.bundles)
        for model in self._plan.models:
            try:
                said = topics_of(model, partitions=self._plan.partitions, prefix=self._plan.prefix)
                made = create_missing(admin, kept_for(said, windows[model]) if model in windows else said)
            except (BrokerUnreachable, TopicRefused) as error:
                raise Refusal(str(error), cause="the broker's words are above", code=FAILED) from error
            say(f"topics of {model}: {len(made)} created" if made else f"topics of {model}: all there")

    def _start_service(self, service: Service) -> None:
        # Tried in order, so that a service mostly has the port it had before.
        port = self._ports.first_free(range(FIRST_ADMIN_PORT, FIRST_ADMIN_PORT + ADMIN_PORTS))
        told = {
            "BROKERS": self._brokers,
            "SCHEMAS": str(self._plan.schemas.resolve()),
            "PREFIX": self._plan.prefix,
            "STATE": str(self._plan.directory.resolve() / "state" / service.name),
            "ADMIN_PORT": str(port),
            **service.settings,
        }
        if service.needs_redis:
            told["REDIS"] = self._redis or ""
        variables = {service.variables + name: value for name, value in told.items()}
        self._launch(service.name, service.command, f"http://127.0.0.1:{port}", variables=variables)

    def _launch(
        self,
        name: str,
        command: Sequence[str],
        address: str,
        *,
        ready: str = "/readyz",
        variables: Mapping[str, str] | None = None,
    ) -> None:
        log = self._plan.log_of(name)
        say(f"{name}: starting")
        child = Child.start(name, command, log=log, environment=variables)
        self._children.append(child)
        process, url = Process.of(child.pid), f"{address}{ready}"
        self._members.append(Member(name=name, process=process, address=address, log=log, ready_url=url))
        self._write("starting")

    def _wait_for(self, child: Child, member: Member) -> None:
        seconds, is_needed = self._plan.patience_with(child.name)
        began = time.monotonic()
        ready, reason = wait_until_ready(
            member.ready_url or "",
            within_seconds=seconds,
            goes_on=lambda: child.exit_code is None,
            tell=lambda waits: say(f"{child.name}: not ready yet: {waits}"),
        )
        if child.exit_code is not None:
            raise died(child)
        if not ready and is_needed:
            cause = f"{member.ready_url}: {reason}; the end of its log:\n{child.last_lines()}"
            what = f"{child.name} was not ready within {seconds:g} s"
            raise Refusal(what, cause=cause, fix=f"the whole log is {child.log}", code=FAILED)
        how = "ready" if ready else f"not ready yet ({reason}), the others go on,"
        say(f"{child.name}: {how} at {member.address} ({time.monotonic() - began:.1f} s)")

    def _write(self, phase: Literal["starting", "ready"]) -> StackState:
        state = StackState(
            phase=phase,
            supervisor=Process.of(os.getpid()),
            brokers=self._brokers,
            prefix=self._plan.prefix,
            models=self._plan.models,
            members=tuple(self._members),
            redis=self._redis,
            bundles=self._plan.bundles,
        )
        write_state(self._plan.directory, state)
        return state
