"""Our transport on a real broker: one client for all messages, and a fresh one after a break."""

from typing import Any

from kombu import Connection

from fulfiller.broker.transport import Transport
from fulfiller.ops.embedded.server import Server


def test_one_client_serves_a_channel_until_its_pool_is_gone(valkey: Server) -> None:
    """It is kept for all messages, and never beyond the connections that it was made for."""
    name = f"{Transport.__module__}:{Transport.__name__}"
    with Connection(valkey.url, transport=name) as connection:
        channel: Any = connection.channel()
        with channel.conn_or_acquire() as first, channel.conn_or_acquire() as second:
            assert first is second
            assert first.ping()
        channel._disconnect_pools()  # noqa: SLF001 - what a broken connection does
        with channel.conn_or_acquire() as renewed:
            assert renewed is not first
            assert renewed.ping()
