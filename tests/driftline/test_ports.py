"""Ports promised by processes that know nothing of each other."""

import socket
from pathlib import Path

from driftline.local.ports import Promised, free_port, is_free


def test_a_promised_port_is_given_to_nobody_else_until_it_is_given_back(tmp_path: Path) -> None:
    """Though nobody listens on it yet."""
    ports = sorted({free_port() for _ in range(8)})[:3]
    one, other = Promised(tmp_path / "ports"), Promised(tmp_path / "ports")
    assert one.first_free(ports) == ports[0]
    assert other.first_free(ports) == ports[1]
    assert one.first_free(ports) == ports[2]
    assert one.first_free(ports) not in ports
    one.close()
    assert other.first_free(ports) == ports[0]
    other.close()


def test_a_port_somebody_listens_on_is_passed_over(tmp_path: Path) -> None:
    """Promised or not."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port, free = taken.getsockname()[1], free_port()
        assert not is_free(port)
        promised = Promised(tmp_path)
        assert promised.first_free([port, free]) == free
        promised.close()
