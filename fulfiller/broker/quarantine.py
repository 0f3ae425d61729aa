"""Quarantine: where messages go that no worker can run, so that none is killed or lost.

In Redis it is a stream that keeps the newest, and a hash that counts by flaw for ever. Other
brokers keep a message that is refused in ways of their own; there we only log.

What is kept shows how a message was made, not what it said: a submission that went wrong may
hold an API key and a person's name, and neither has a place where it stays.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from fulfiller.broker.message import Flaw
from fulfiller.broker.raw import redis_of
from fulfiller.broker.topology import QUARANTINE_KEY, QUARANTINED_KEY, key

KEPT_MAX = 1_000
"""Messages kept at most."""
SHOWN_MAX = 16_384
"""Bytes kept of each."""
MICROS_PER_MS = 1_000
KNOWN = (
    *("body", "headers", "properties", "content", "type", "encoding", "body_encoding", "base64"),
    *("delivery_tag", "delivery_info", "delivery_mode", "exchange", "routing_key", "priority"),
    *("correlation_id", "reply_to", "application", "json", "utf", "task", "id", "lang", "args"),
    *("kwargs", "argsrepr", "kwargsrepr", "expires", "callbacks", "errbacks", "chain", "chord"),
    *("issue", "submit", "api_key", "claims", "campaign", "user", "grant", "tier", "locale"),
    *("limit_key", "idempotency_key", "true", "false", "null", "p0", "p1", "p2", "p3"),
)
"""Words of ours and of Celery's, which tell nothing about anybody."""
_words = re.compile(
    rf"clm_[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}|\b(?:{'|'.join(KNOWN)})\b|\w"
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A message that was set aside: when, why, how large it was, and its masked content."""

    id: str
    at: int
    flaw: str
    size_bytes: int
    remark: str
    content: str


def set_aside(channel: object, content: bytes | str, flaw: Flaw, remark: str = "") -> None:
    """Keep a message that can't be run, count it, and say so once; never raises for Redis.

    `remark` is a sentence of ours about it and is kept as it is.
    """
    given = content.encode(errors="replace") if isinstance(content, str) else content
    # Only the size: what strangers put into a message has no place in a log.
    log.warning("message.quarantined flaw=%s bytes=%d", flaw, len(given))
    client = redis_of(channel)
    if client is None:
        return
    entry: dict[Any, Any] = {
        "flaw": flaw.value,
        "size_bytes": len(given),
        "remark": remark,
        "content": masked(given[:SHOWN_MAX].decode(errors="backslashreplace")),
    }
    pipeline = client.pipeline(transaction=False)
    pipeline.xadd(key(QUARANTINE_KEY), entry, maxlen=KEPT_MAX, approximate=False)
    pipeline.hincrby(key(QUARANTINED_KEY), flaw, 1)
    try:
        pipeline.execute()
    except RedisError as fault:
        log.warning("message.not_kept flaw=%s fault=%s", flaw, type(fault).__name__)


def masked(text: str) -> str:
    """Return a text with its letters and digits hidden, but for words that tell nothing."""
    return _words.sub(_mask, text)


def counts(channel: object) -> Mapping[str, int]:
    """Return how many messages were ever set aside, by flaw."""
    client = redis_of(channel)
    if client is None:
        return {}
    found: Any = client.hgetall(key(QUARANTINED_KEY))
    return {flaw.decode(): int(number) for flaw, number in found.items()}


def newest(channel: object, limit: int) -> Sequence[Kept]:
    """Return the messages kept, newest first."""
    client = redis_of(channel)
    found: Any = [] if client is None else client.xrevrange(key(QUARANTINE_KEY), count=limit)
    return [_kept(*entry) for entry in found]


def one(channel: object, kept_id: str) -> Kept | None:
    """Return a message by its id."""
    client = redis_of(channel)
    found: Any = [] if client is None else client.xrange(key(QUARANTINE_KEY), kept_id, kept_id)
    return next((_kept(*entry) for entry in found), None)


def clear(channel: object, ids: Sequence[str]) -> int:
    """Forget these messages, or all without ids, and return how many; the counts stay."""
    client: Redis | None = redis_of(channel)
    if client is None:
        return 0
    if ids:
        removed: Any = client.xdel(key(QUARANTINE_KEY), *ids)
        return int(removed)
    pipeline = client.pipeline()
    pipeline.xlen(key(QUARANTINE_KEY))
    pipeline.delete(key(QUARANTINE_KEY))
    return int(pipeline.execute()[0])


def _mask(word: "re.Match[str]") -> str:
    text = word[0]
    if len(text) > 1:
        return text
    return "0" if text.isdigit() else "x"


def _kept(kept_id: bytes, fields: Mapping[bytes, bytes]) -> Kept:
    found = {name.decode(): value.decode() for name, value in fields.items()}
    return Kept(
        id=kept_id.decode(),
        # Redis dates what it adds to a stream by its own clock.
        at=int(kept_id.partition(b"-")[0]) * MICROS_PER_MS,
        flaw=found["flaw"],
        size_bytes=int(found["size_bytes"]),
        remark=found["remark"],
        content=found["content"],
    )
