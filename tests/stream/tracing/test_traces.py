"""What a loop tells as spans: which batches, under which names, with which links, to a receiver that parses them."""

from collections.abc import Callable, Iterator, Sequence

import pytest

from stream.faults import Abort
from stream.loop import Loop
from stream.memory import MemoryLog
from stream.memory_broker import MemoryBroker
from stream.pace import Pace
from stream.records import Batch, Headers, Place, Span, Writes
from stream.stage import Stage
from stream.tracing.convention import SCHEMA, Who
from stream.tracing.export import Export
from stream.tracing.log import TracedLog, traced
from stream.tracing.spans import MOST_LINKS
from stream.tracing.traces import Telling, Traces
from tests.otlp import Receiver, Seen, receiving
from tests.services.scorer.world import Seeing

WHO = Who(service="echo", version="1.2.3", instance="echo-0", group="g")
TRACE = "0af7651916cd43dd8448eb211c80319c"
LINE = {"messaging.system": "kafka", "messaging.destination.name": "in"}


def parent(number: int, *, flags: str = "01") -> tuple[str, bytes]:
    """The traceparent of a producer's span."""
    return "traceparent", f"00-{TRACE[:-4]}{number:04x}-{number + 1:016x}-{flags}".encode()


def sent(number: int) -> tuple[str, str]:
    """The same as a link or a parent is seen: trace, span."""
    return f"{TRACE[:-4]}{number:04x}", f"{number + 1:016x}"


class Echo(Stage):
    """Writes each record on to `out`, and a sum of the transaction to `sums`; what carries a context says so."""

    def __init__(self, spans: Traces) -> None:
        self._spans = spans

    def assigned(self, starts: object) -> None:
        """Nothing to take up."""

    def take(self, batch: Batch) -> list[Writes]:
        """The batch again."""
        own = self._spans.carried("in", batch.partitions, batch.offsets)
        headers = [self._spans.created("out", own[row]) if row in own else None for row in range(len(batch))]
        return [Writes(topic="out", values=batch.values, keys=batch.keys, partitions=[0] * len(batch), headers=headers)]

    def settle(self, spans: Sequence[Span]) -> list[Writes]:
        """One record for all."""
        return [Writes(topic="sums", values=[b"%d" % len(spans)], keys=[None], partitions=[0])]

    def metadata(self) -> dict[Place, str]:
        """Nothing but where we are."""
        return {Place("in", 0): ""}

    def committed(self) -> None:
        """Nothing is held."""

    def aborted(self) -> None:
        """Nothing is held."""


class World:
    """A loop on the memory twin that tells `receiver` of itself."""

    def __init__(self, receiver: Receiver, telling: Telling, *, drawn: bool = False) -> None:
        self.receiver, self.broker, self.dropped = receiver, MemoryBroker(), list[int]()
        for topic in ("in", "out", "sums"):
            self.broker.create(topic, 1)
        export = Export(receiver.endpoint, self.dropped.append)
        self.traces = Traces(WHO, telling, export, chance=lambda: 0.0 if drawn else 1.0)

    def run(self, *batches: Sequence[Headers | None], probe: Callable[[str], None] = lambda _step: None) -> list[str]:
        """Echo these records, a batch each, in one transaction where their number allows; how transactions ended."""
        for headers in batches:
            count = len(headers)
            self.broker.produce(
                Writes(topic="in", values=[b"v"] * count, keys=[None] * count, partitions=[0] * count, headers=headers)
            )
        rows = max(map(len, batches))
        log = traced(MemoryLog(self.broker, "g", ["in"], rows=rows, probe=probe), self.traces)
        assert isinstance(log, TracedLog)
        seen, turns = Seeing(), iter(range(len(batches) + 9))
        pace = Pace(quiet_seconds=0, longest_seconds=3600)
        Loop(log, Echo(self.traces), seen, pace=pace, sleep=lambda _seconds: None).run(
            lambda: next(turns, None) is None
        )
        log.close()
        return seen.results

    def carried(self, topic: str) -> list[dict[str, bytes | None]]:
        """The headers of every record of a topic."""
        return [dict(entry.headers or ()) for _, entry in self.broker.committed(Place(topic, 0), 0, 10_000)]

    def one(self, name: str) -> Seen:
        """The span of that name, of which there is one."""
        (found,) = self.receiver.named(name)
        return found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of its own for each test."""
    with receiving() as made:
        yield made


SUMMED = Telling(ratio=0.0, summaries=frozenset({"sums"}))


def test_a_batch_with_a_sampled_event_is_told_from_poll_to_commit(receiver: Receiver) -> None:
    """One trace with a span for each step, its names, kinds and attributes those of the conventions."""
    world = World(receiver, SUMMED)
    assert set(world.run([[parent(0)], None, [parent(1)]])) == {"committed"}
    poll, process, commit = (world.one(f"{name} in") for name in ("poll", "process", "commit"))
    send, total = world.one("send out"), world.one("send sums")
    kinds = {one.name: one.kind for one in (poll, process, commit, send, total)}
    assert kinds == {
        "poll in": "CLIENT",
        "process in": "CONSUMER",
        "commit in": "CLIENT",
        "send out": "CLIENT",
        "send sums": "PRODUCER",
    }
    assert {one.trace for one in (poll, process, commit, send, total)} == {poll.trace}
    assert (poll.parent, process.parent) == ("", poll.id)
    assert {one.parent for one in (send, total, commit)} == {process.id}
    assert poll.links == process.links == (sent(0), sent(1))
    group = {"messaging.consumer.group.name": "g"}
    few = {"messaging.batch.message_count": 3, "messaging.destination.partition.id": "0"}
    said = {"messaging.operation.name": "poll", "messaging.operation.type": "receive"}
    assert poll.attributes == {**LINE, **group, **few, **said}
    said = {"messaging.operation.name": "process", "messaging.operation.type": "process"}
    assert process.attributes == {**LINE, **group, **few, **said}
    said = {"messaging.operation.name": "commit", "messaging.operation.type": "settle"}
    assert commit.attributes == {**LINE, **group, **said}
    assert send.attributes == {
        "messaging.system": "kafka",
        "messaging.destination.name": "out",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.batch.message_count": 3,
    }
    about = {"service.name": "driftline-echo", "service.version": "1.2.3", "service.instance.id": "echo-0"}
    assert about.items() <= poll.about.items()
    assert poll.schema == SCHEMA
    assert not any(one.failed for one in receiver.spans)
    assert poll.nanos[1] <= process.nanos[0] <= send.nanos[0] <= send.nanos[1] <= process.nanos[1] <= commit.nanos[0]


def test_what_is_made_of_a_sampled_event_is_a_span_of_its_own_trace(receiver: Receiver) -> None:
    """Its record carries that span on, with the tracestate; records of other events carry nothing."""
    world = World(receiver, SUMMED)
    world.run([None, [parent(7), ("tracestate", b"vendor=1")], None])
    create, process = world.one("create out"), world.one("process in")
    assert (create.kind, create.trace, create.parent) == ("PRODUCER", *sent(7))
    assert create.links == ((process.trace, process.id),)
    assert world.one("send out").links == ((create.trace, create.id),)
    mine = {"traceparent": f"00-{create.trace}-{create.id}-01".encode(), "tracestate": b"vendor=1"}
    assert world.carried("out") == [{}, mine, {}]
    total = world.one("send sums")
    assert world.carried("sums")[-1] == {"traceparent": f"00-{total.trace}-{total.id}-03".encode()}


def test_a_batch_without_a_sampled_event_is_told_by_chance_alone(receiver: Receiver) -> None:
    """What its producer does not keep is passed by; drawn, every record carries the batch's own span on."""
    silent = World(receiver, SUMMED)
    silent.run([None, [parent(0, flags="00")]])
    assert silent.carried("out") == [{}, {}]
    assert receiver.spans == []
    drawn = World(receiver, Telling(ratio=0.5, results=frozenset({"out"})), drawn=True)
    drawn.run([None, [parent(0, flags="00")]])
    send = drawn.one("send out")
    assert (send.kind, drawn.one("poll in").links) == ("PRODUCER", ())
    assert drawn.carried("out") == [{"traceparent": f"00-{send.trace}-{send.id}-03".encode()}] * 2
    assert drawn.carried("sums")[-1] == {}


def test_records_that_are_no_result_keep_their_headers(receiver: Receiver) -> None:
    """A dead letter is what its producer wrote: their writing is told, nothing is put onto them."""
    drawn = World(receiver, Telling(ratio=0.5), drawn=True)
    drawn.run([None, None])
    assert drawn.carried("out") == [{}, {}]
    assert drawn.one("send out").kind == "CLIENT"


def test_one_context_of_many_records_is_linked_once(receiver: Receiver) -> None:
    """As those of one batch carry; each of them is carried on."""
    world = World(receiver, SUMMED)
    world.run([[parent(3)], [parent(3)], [parent(4)]])
    assert world.one("process in").links == (sent(3), sent(4))
    assert len(receiver.named("create out")) == 3


def test_records_that_are_always_told_are_so_in_a_batch_that_is_not(receiver: Receiver) -> None:
    """An alert is worth a trace, however few batches are."""
    world = World(receiver, Telling(ratio=0.0, always=frozenset({"sums"})))
    world.run([None])
    names = {span.name for span in receiver.spans}
    assert names == {"send sums"}
    assert all(b"traceparent" in b"".join(name.encode() for name in said) for said in world.carried("sums"))


def test_no_more_than_so_many_records_are_looked_at(receiver: Receiver) -> None:
    """Links and spans of records end at the cap, whatever producers sample."""
    world = World(receiver, SUMMED)
    world.run([[parent(number)] for number in range(MOST_LINKS + 40)])
    assert len(world.one("process in").links) == len(receiver.named("create out")) == MOST_LINKS
    assert sum("traceparent" in said for said in world.carried("out")) == MOST_LINKS


def test_the_commit_belongs_to_the_last_batch_and_links_the_others(receiver: Receiver) -> None:
    """A transaction of three batches of which two are told."""
    world = World(receiver, SUMMED)
    world.run([[parent(0)]], [None], [[parent(1)]])
    first, last = sorted(receiver.named("process in"), key=lambda span: span.nanos)
    commit = world.one("commit in")
    assert (commit.trace, commit.parent) == (last.trace, last.id)
    assert commit.links == ((first.trace, first.id),)


def test_what_fails_is_told_as_failed_and_comes_again(receiver: Receiver) -> None:
    """The class of the error, nothing of its words; the second try is a trace of its own."""
    world, steps, failed = World(receiver, SUMMED), list[str](), list[str]()

    def probe(step: str) -> None:
        steps.append(step)
        if step == "flushed" and "polled" in steps and not failed:
            failed.append(step)
            raise Abort("secret words")

    assert "aborted" in world.run([[parent(0)]], probe=probe)
    commits = sorted(receiver.named("commit in"), key=lambda span: span.nanos)
    assert [(one.failed, one.attributes.get("error.type")) for one in commits] == [(True, "Abort"), (False, None)]
    assert commits[0].trace != commits[1].trace
    assert "secret" not in str(receiver.spans)


HOSTILE = [
    ("traceparent", b""),
    ("traceparent", None),
    ("traceparent", b"\xff" * 54 + b"1"),
    ("traceparent", b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-01"),
    ("traceparent", b"ff-" + TRACE.encode() + b"-00f067aa0ba902b7-01"),
    ("traceparent", parent(0)[1] + b"-more"),
    ("traceparent", b"x" * 100_000),
]


@pytest.mark.parametrize("header", HOSTILE, ids=[repr(value)[:24] for _, value in HOSTILE])
def test_a_header_that_is_none_is_passed_by(receiver: Receiver, header: tuple[str, bytes | None]) -> None:
    """Anybody may write one: it is neither linked nor carried on, and stops nothing."""
    world = World(receiver, SUMMED)
    assert set(world.run([[header]])) == {"committed"}
    assert receiver.spans == []
    assert world.carried("out") == [{}]


def test_the_last_of_several_headers_counts(receiver: Receiver) -> None:
    """As Kafka's headers are a list; a tracestate that is too long is left out."""
    world = World(receiver, SUMMED)
    world.run([[parent(1), parent(2), ("tracestate", b"a=" + b"x" * 600)]])
    assert world.one("process in").links == (sent(2),)
    assert [set(said) for said in world.carried("out")] == [{"traceparent"}]


def test_where_nothing_is_told_the_log_is_the_log() -> None:
    """Off costs nothing: there is nobody in between."""
    broker = MemoryBroker()
    broker.create("in", 1)
    log = MemoryLog(broker, "g", ["in"])
    assert traced(log, None) is log
