"""Ports of the loopback interface, so that two clones never meet."""

import contextlib
import socket


def free(preferred=0):
    """The preferred port when nobody uses it now, else any free one."""
    for port in (preferred, 0):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return probe.getsockname()[1]
    raise OSError("no free port on the loopback interface")
