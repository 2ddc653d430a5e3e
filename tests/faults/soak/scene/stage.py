"""The scene of a soak: a broker with a wire for every member, topics, members, producers, a follower."""

import contextlib
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from driftline.books import Books
from driftline.local.broker import Broker
from driftline.local.ports import free_port
from driftline.local.topics import create_topics
from schemas.framing import frame
from schemas.source import DirectorySource
from stream.faults import Stopped
from stream.kafka.admin import Admin
from stream.kafka.reading import committed_of
from stream.kafka.scan import edges
from stream.records import Place
from tests.broker.nursery import Nursery
from tests.faults.soak.answers import Follower
from tests.faults.soak.feeding import Feeder
from tests.faults.soak.scene.denial import AUTHORIZER
from tests.faults.soak.scene.members import Member, Warden, settings_of
from tests.faults.soak.scene.wire import Wires
from tests.faults.soak.schedule import GUEST, MEMBERS, SLOTTED
from tests.models.bundles import make_bundle
from tests.services.scorer.world import EVENT

MODEL, PARTITIONS, FEEDERS = "tiny", 6, 2
DISK_BYTES = 6_000_000_000
OUTPUTS = ("predictions", "features.dlq", "profiles")


class Scene:
    """Everything a soak needs, started; `close` ends all of it."""

    def __init__(
        self, path: Path, *, seed: int, rate: float, with_small_disk: bool, nursery: Nursery | None = None
    ) -> None:
        self.path, self.rate, self._nursery = path, rate, nursery
        self.has_small_disk = with_small_disk
        self._open = contextlib.ExitStack()
        # A broker takes seconds to come up, or to be asked: whoever plays the schedule goes on meanwhile.
        self._hands = {name: ThreadPoolExecutor(1) for name in ("broker", "letters")}
        self._work = list[Future[object]]()
        try:
            self._build(seed)
        except BaseException:
            self.close()
            raise

    def _build(self, seed: int) -> None:
        ports = {name: (free_port(), free_port()) for name in (*MEMBERS, GUEST)}
        self.disk = self.path / "kafka"
        self.disk.mkdir(parents=True)
        if self.has_small_disk:
            self._open.enter_context(mounted(self.disk))
        port, log = free_port(), self.path / "logs" / "broker.log"
        self.broker = Broker.start(self.disk, port=port, settings=listeners(port, ports), log=log)
        self._open.callback(self._stop_broker)
        for hand in self._hands.values():
            self._open.callback(hand.shutdown, cancel_futures=True)
        self.books = Books(brokers=self.broker.bootstrap, model=MODEL)
        create_topics(Admin(self.broker.bootstrap), MODEL, partitions=PARTITIONS)
        self.wires = Wires(ports)
        self._open.callback(self.wires.close)
        prefix = self._prepare_files()
        self.warden = Warden({name: self._member(name, ports[name][0]) for name in (*MEMBERS, GUEST)})
        self._open.callback(lambda: self.warden.stop(40))
        self.follower = Follower(self.books)
        self._open.callback(lambda: self.follower.stop(0, 0))
        self.feeders = [
            Feeder(
                self.broker.bootstrap,
                self.books.topic("features"),
                seed=seed,
                prefix=prefix,
                first=first,
                step=FEEDERS,
                rate=self.rate / FEEDERS,
            )
            for first in range(FEEDERS)
        ]
        self._open.callback(lambda: [feeder.stop(0) for feeder in self.feeders])

    def _prepare_files(self) -> bytes:
        make_bundle(self.path / "bundle")
        return frame(DirectorySource(self.path / "schemas").add(EVENT))

    def _member(self, name: str, port: int) -> Member:
        slot = name if name in SLOTTED else None
        settings = settings_of(
            slot,
            brokers=f"127.0.0.1:{port}",
            bundle=self.path / "bundle",
            schemas=self.path / "schemas",
            batch_rows=100,
            commit_millis=50,
        )
        log, whims = self.path / "logs" / f"{name}.log", self.path / f"{name}.whims.json"
        log.touch()
        whims.write_text("{}")
        return Member(name, settings, log, whims, self._nursery, is_wanted=name != GUEST)

    def _stop_broker(self) -> None:
        if self.broker.exit_code is None:
            self.broker.stop()
        else:
            self.broker.kill()  # it has ended: this lets go of what it held

    def later(self, work: Callable[[], object], *, hand: str = "broker") -> None:
        """Have a `hand` do this after whatever else it has to do: one has the broker, one the dead letters."""
        self._work.append(self._hands[hand].submit(work))

    def catch_up(self) -> None:
        """Wait until all of that is done. Raises what any of it raised."""
        for one in self._work:
            one.result()

    @property
    def delivered(self) -> int:
        """Inputs the producers know to be on the topic."""
        return sum(len(feeder.delivered) for feeder in self.feeders)

    def pace(self, times: float) -> None:
        """Feed so many times the usual rate."""
        for feeder in self.feeders:
            feeder.rate = self.rate * times / FEEDERS

    def unfinished(self) -> str:
        """What is still to come, in words: positions to be committed, a transaction open on an output; or nothing."""
        features, brokers = self.books.topic("features"), self.books.brokers
        places = [Place(features, number) for number in range(PARTITIONS)]
        outputs = [self.books.topic(kind) for kind in OUTPUTS]
        try:
            stands = committed_of(brokers, self.books.reader, places)
            ends = edges(brokers, [features])
            seen, whole = (edges(brokers, outputs, isolation=f"read_{level}committed") for level in ("", "un"))
        except Stopped as fault:
            return fault.what
        behind = {place.partition: end - stands.get(place, low) for place, (low, end) in ends.items()}
        waiting = [f"{place.topic}[{place.partition}]" for place in seen if seen[place] != whole[place]]
        said = [f"{count} positions of partition {number}" for number, count in behind.items() if count]
        return ", ".join(said + [f"a transaction open on {place}" for place in waiting])

    def close(self) -> None:
        """End everything, the last begun first."""
        self._open.close()


def listeners(port: int, wires: dict[str, tuple[int, int]]) -> dict[str, str]:
    """server.properties of a broker that sends whoever comes by a member's wire back to that wire."""
    controller = f"127.0.0.1:{free_port()}"
    names = {name: f"WIRE{name.upper()}" for name in wires}
    bound = [f"{names[name]}://127.0.0.1:{behind}" for name, (_, behind) in wires.items()]
    told = [f"{names[name]}://127.0.0.1:{before}" for name, (before, _) in wires.items()]
    protocols = [f"{name}:PLAINTEXT" for name in ("PLAINTEXT", "CONTROLLER", *names.values())]
    return {
        "listeners": ",".join([f"PLAINTEXT://127.0.0.1:{port}", *bound, f"CONTROLLER://{controller}"]),
        "advertised.listeners": ",".join([*told, f"PLAINTEXT://127.0.0.1:{port}"]),
        "listener.security.protocol.map": ",".join(protocols),
        "controller.quorum.voters": f"1@{controller}",
        "num.network.threads": "1",
        **AUTHORIZER,
    }


@contextlib.contextmanager
def mounted(directory: Path) -> Iterator[None]:
    """A file system in memory at `directory` whose size can be changed."""
    size = f"size={DISK_BYTES}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "driftline-soak", str(directory)], check=True)  # noqa: S607 - found by PATH
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=False)  # noqa: S607 - found by PATH


def resize(directory: Path, size_bytes: int) -> bool:
    """Give the file system at `directory` another size; whether it took it."""
    command = ["mount", "-o", f"remount,size={size_bytes}", str(directory)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
