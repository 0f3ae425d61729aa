"""Ports on this machine: the wanted one, or a message that says what to do about it."""

import socket
from contextlib import closing

from fulfiller.ops.embedded.ports import free_port
from fulfiller.ops.supervise.program import CannotStart

ANY = 0
"""The port that stands for any free one."""


def wanted_port(host: str, port: int, *, name: str, remedy: str) -> int:
    """Return the port if it is free, or any free one for ANY; else raise with the remedy."""
    if port == ANY:
        return free_port()
    with closing(socket.socket()) as probe:
        # As servers do: a port whose last owner has just gone is not taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(
                f"{name} can't have {host}:{port} ({error.strerror}): {remedy}"
            ) from error
    return port
