"""What `driftline doctor` looks at, in order; each check answers in one sentence or says what is wrong."""

from collections.abc import Callable

from driftline.clock_check import clocks
from driftline.local.jars import cache_directory, check_jars, expected_jars
from driftline.local.java import java_version
from driftline.local.ports import free_port, is_free
from driftline.local.readiness import asked_for_readiness
from driftline.local.retention import retention_faults
from driftline.local.topics import faults_of
from driftline.output import Refusal
from driftline.patient import Patient, Skipped
from driftline.prometheus_check import queries, targets
from driftline.redis_check import redis
from driftline.schema_check import schemas
from stream.kafka.admin import Admin, BrokerUnreachable, TopicRefused


def java(patient: Patient) -> str:
    """Whether the java of the embedded Kafka runs."""
    _only_embedded(patient)
    return java_version()


def jars(patient: Patient) -> str:
    """Whether Kafka's jars are in the cache, unchanged."""
    _only_embedded(patient)
    directory = cache_directory() / "jars"
    if not directory.exists():
        fix = "`driftline up` fetches them once (45 MB)"
        raise Refusal("not fetched yet", cause=f"{directory} does not exist", fix=fix)
    check_jars(directory)
    return f"{len(expected_jars())} in {directory}, every sha256 as pinned"


def broker(patient: Patient) -> str:
    """Whether a broker answers."""
    if patient.brokers is None:
        cause = f"no stack runs in {patient.directory}, and no --brokers was given"
        raise Refusal("no Kafka to ask", cause=cause, fix="`driftline up --detach`, or give --brokers HOST:PORT")
    try:
        counts = Admin(patient.brokers).partition_counts(5.0)
    except BrokerUnreachable as error:
        fix = "start it, or give the right --brokers HOST:PORT"
        raise Refusal(str(error), cause="no broker answers there", fix=fix) from error
    return f"{patient.brokers} answers, {len(counts)} topics"


def topics(patient: Patient) -> str:
    """Whether every topic of the model exists, with equal partition counts."""
    return _topics(patient, which=0, fine="all there, partition counts equal")


def profiles(patient: Patient) -> str:
    """Whether the profile log is kept as the ledger needs it."""
    patient.needs("topics")
    return _topics(patient, which=1, fine="1 partition, LogAppendTime, kept at least as long as features")


def retention(patient: Patient) -> str:
    """Whether what the labeler joined is kept as long as it may have to be read again."""
    patient.needs("topics")
    windows = patient.windows
    if not windows:
        raise Skipped("no contract says how long to wait for labels: give --bundle")
    for model, needed in windows.items():
        try:
            faults = retention_faults(Admin(patient.brokers or ""), model, needed, prefix=patient.prefix)
        except (BrokerUnreachable, TopicRefused) as error:
            raise Refusal(str(error), cause="the broker's words are above", fix="look at the broker") from error
        if faults:
            causes, fixes = zip(*faults, strict=True)
            what = "a waiting room that was lost could not be filled again"
            raise Refusal(what, cause="; ".join(causes), fix="; ".join(fixes))
    return (
        f"predictions, labels, outcomes kept for {', '.join(f'{m} {w.days} days' for m, w in windows.items())} or more"
    )


def bundle(patient: Patient) -> str:
    """Whether the bundle is whole and still does what it was built to do."""
    if patient.bundle is None:
        raise Skipped("no --bundle was given")
    from models.bundle import BundleRefused  # noqa: PLC0415 - half a second
    from models.verify import verify  # noqa: PLC0415 - half a second

    try:
        found, _ = verify(patient.bundle)
    except BundleRefused as refused:
        fix = f"`driftline model verify {patient.bundle}` says more; build it again"
        raise Refusal("refused", cause=str(refused), fix=fix) from refused
    contract = found.contract
    return f"{contract.model} {contract.version}, digest {found.digest[:12]}, golden rows as expected"


def ports(patient: Patient) -> str:
    """Whether the services' admin ports answer, or, without a stack, whether loopback ports can be had."""
    if patient.stack is None:
        try:
            port = free_port()
        except OSError as error:
            fix = "allow this user to listen on 127.0.0.1"
            raise Refusal("no port on 127.0.0.1 can be opened", cause=str(error), fix=fix) from error
        return f"127.0.0.1 has free ports, such as {port}" if is_free(port) else "127.0.0.1 has free ports"
    asked = [(member, member.ready_url) for member in patient.stack.members if member.ready_url]
    for member, url in asked:
        ready, reason = asked_for_readiness(url)
        if not ready:
            raise Refusal(f"{member.name} is not ready", cause=f"{url}: {reason}", fix=f"its log is {member.log}")
    return f"{len(asked)} services ready" if asked else "the stack has no services"


def _only_embedded(patient: Patient) -> None:
    if patient.given_brokers:
        raise Skipped("not needed with --brokers")


def _topics(patient: Patient, *, which: int, fine: str) -> str:
    patient.needs("broker")
    models = patient.models
    if not models:
        raise Skipped("no model named: give --model or --bundle")
    for model in models:
        try:
            faults = faults_of(Admin(patient.brokers or ""), model, prefix=patient.prefix)[which]
        except (BrokerUnreachable, TopicRefused) as error:
            raise Refusal(str(error), cause="the broker's words are above", fix="look at the broker") from error
        if faults:
            causes, fixes = zip(*faults, strict=True)
            raise Refusal(f"not as {model} needs them", cause="; ".join(causes), fix="; ".join(fixes))
    return f"{', '.join(models)}: {fine}"


CHECKS: dict[str, Callable[[Patient], str]] = {
    "java": java,
    "jars": jars,
    "broker": broker,
    "redis": redis,
    "topics": topics,
    "profiles": profiles,
    "clocks": clocks,
    "retention": retention,
    "schemas": schemas,
    "bundle": bundle,
    "ports": ports,
    "targets": targets,
    "queries": queries,
}
