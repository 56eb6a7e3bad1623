"""How ports are chosen."""

import socket

from scripts import ports


def test_the_preferred_port_when_it_is_free():
    port = ports.free()
    assert ports.free(port) == port


def test_another_port_when_the_preferred_one_is_taken():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert ports.free(port) not in (0, port)
