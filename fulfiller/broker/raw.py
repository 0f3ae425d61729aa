"""Plain Redis beside kombu: kombu's connections, our own commands and full key names."""

from kombu.transport.redis import Channel
from redis import Redis


def redis_of(channel: object) -> Redis | None:
    """Return a client on the connections of a Redis channel; None for any other broker."""
    if not isinstance(channel, Channel):
        return None
    return Redis(connection_pool=channel.pool)
