"""Ports on this machine: a free one, or the wanted one, or a message that says what to do."""

import socket
from contextlib import closing

from fulfiller.ops.supervise.program import CannotStart


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that nobody listens on right now."""
    with closing(socket.socket()) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def wanted_port(host: str, port: int, *, name: str, remedy: str) -> int:
    """Return the port if it is free (0: any free one); raise CannotStart with the remedy."""
    if port == 0:
        return free_port(host)
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
