"""A notifier cut off from its brokers goes on posting what it knows, then with what comes."""

from pathlib import Path

from tests.broker.notifying import Alerts, notifying
from tests.broker.nursery import Nursery
from tests.faults.conftest import Frail
from tests.services.notifier.receiver import Receiver, receiving
from tests.services.notifier.records import told


def standing(receiver: Receiver) -> set[str]:
    """The ids of the alerts that stand."""
    return {one["annotations"]["alert_id"] for one in receiver.standing()}


def test_brokers_out_of_reach_cost_no_alert(frail: Frail, prefix: str, nursery: Nursery, tmp_path: Path) -> None:
    """What is open is posted again all the while; it stops when told to, though faust without a broker never does."""
    alerts, told_where = Alerts(frail.broker.bootstrap, prefix), {"slot": "0", "brokers": frail.proxy.address}
    with receiving() as receiver, notifying(alerts, nursery, tmp_path / "log", receiver.url, **told_where) as process:
        alerts.write(told("a"))
        process.until(lambda: "started" in process.log() and standing(receiver) == {"a"})
        frail.proxy.refuse()
        alerts.write(told("b"))
        receiver.forget()
        process.until(lambda: standing(receiver) == {"a"})
        frail.proxy.accept()
        process.until(lambda: standing(receiver) == {"a", "b"})
        frail.proxy.refuse()
        process.until(lambda: "Unable connect" in process.log())
        assert process.stop() == 0, process.log()
    assert "Traceback" not in process.log()
