"""Free ports on loopback."""

from secrets import randbelow
from socket import socket

from fulfiller.domain.error import FulfillerError

HOST = "127.0.0.1"
LOWEST, HIGHEST = 20_000, 32_000
"""Below the ports that systems give to outgoing connections.

A client that keeps calling a dead server whose port lies among those may at last be given
that very port, reach itself, and keep the server from ever coming back.
"""
TRIES = 100


class NoFreePort(FulfillerError):
    """Nothing could be bound on loopback."""


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    for _ in range(TRIES):
        port = LOWEST + randbelow(HIGHEST - LOWEST)
        if is_free(port):
            return port
    raise NoFreePort(f"{TRIES} ports of {HOST} between {LOWEST} and {HIGHEST} are all taken")


def is_free(port: int) -> bool:
    """Return whether a server could listen on this port now."""
    with socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
