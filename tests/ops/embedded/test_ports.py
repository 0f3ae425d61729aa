"""Ports on loopback."""

from socket import socket

from fulfiller.ops.embedded.ports import HIGHEST, HOST, LOWEST, free_port, is_free


def test_a_free_port_is_free_and_never_one_for_outgoing_calls() -> None:
    """A client that keeps calling a dead server can't be given that server's port."""
    port = free_port()
    assert LOWEST <= port < HIGHEST
    assert is_free(port)


def test_a_port_with_a_listener_is_not_free() -> None:
    """A port that somebody listens on is seen as taken."""
    with socket() as listener:
        listener.bind((HOST, 0))
        listener.listen()
        assert not is_free(listener.getsockname()[1])
