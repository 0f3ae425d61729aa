"""Quarantine: where messages go that no worker can run, so that none is killed or lost.

In Redis it is a list that keeps the newest, and a hash that counts by flaw for ever. Other
brokers keep a message that is refused in ways of their own; there we only log.
"""

import json
import logging
from collections.abc import Mapping
from typing import Any

from redis.exceptions import RedisError

from fulfiller.broker.message import Flaw
from fulfiller.broker.raw import redis_of
from fulfiller.broker.topology import QUARANTINE_KEY, QUARANTINED_KEY, key

KEPT_MAX = 1_000
"""Messages kept at most."""
SHOWN_MAX = 16_384
"""Bytes kept of each."""

log = logging.getLogger(__name__)


def set_aside(channel: object, content: bytes | str, flaw: Flaw) -> None:
    """Keep a message that can't be run, count it, and say so once; never raises for Redis."""
    given = content.encode(errors="replace") if isinstance(content, str) else content
    # Only the size: what strangers put into a message has no place in a log.
    log.warning("message.quarantined flaw=%s bytes=%d", flaw, len(given))
    client = redis_of(channel)
    if client is None:
        return
    shown = given[:SHOWN_MAX].decode(errors="backslashreplace")
    pipeline = client.pipeline(transaction=False)
    pipeline.hincrby(key(QUARANTINED_KEY), flaw, 1)
    pipeline.lpush(key(QUARANTINE_KEY), json.dumps({"flaw": flaw, "content": shown}))
    pipeline.ltrim(key(QUARANTINE_KEY), 0, KEPT_MAX - 1)
    try:
        pipeline.execute()
    except RedisError as fault:
        log.warning("message.not_kept flaw=%s fault=%s", flaw, type(fault).__name__)


def counts(channel: object) -> Mapping[str, int]:
    """Return how many messages were ever set aside, by flaw."""
    client = redis_of(channel)
    if client is None:
        return {}
    found: Any = client.hgetall(key(QUARANTINED_KEY))
    return {flaw.decode(): int(number) for flaw, number in found.items()}
