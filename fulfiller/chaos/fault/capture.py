"""Capture: everything that lies in a broker, as bytes, to be looked through for what must not."""

from contextlib import closing

from redis import Redis
from redis.exceptions import RedisError

TIMEOUT_S = 3.0


def contents(broker_url: str) -> list[bytes]:
    """Return the dump of every key of a Redis broker; nothing of any other broker."""
    if not broker_url.startswith(("redis", "rediss")):
        return []
    with closing(Redis.from_url(broker_url, socket_timeout=TIMEOUT_S)) as broker:
        try:
            return [broker.dump(key) or b"" for key in broker.keys("*")]
        except RedisError:
            return []
