"""Where Prometheus and Alertmanager of a stack listen."""

from typing import Self

from driftline.local.ports import free_port, is_free
from driftline.local.state import Kept

KNOWN = (9090, 9093)


class Observing(Kept):
    """The ports, chosen before anything starts, so that the notifier can be told of its Alertmanager."""

    prometheus: int
    alertmanager: int

    @classmethod
    def chosen(cls) -> Self:
        """Those that everybody knows where they are free, others where not."""
        prometheus, alertmanager = (known if is_free(known) else free_port() for known in KNOWN)
        return cls(prometheus=prometheus, alertmanager=alertmanager)

    @property
    def alertmanager_url(self) -> str:
        """Where the notifier posts."""
        return f"http://127.0.0.1:{self.alertmanager}"
