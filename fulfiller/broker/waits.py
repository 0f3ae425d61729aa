"""Waits that workers counted, in Redis: by tier and bucket, added up over all of them.

They are for people and alerts alone. A broker that is emptied begins at nothing, which metrics can
bear; one of another kind keeps none.
"""

from collections.abc import Mapping
from typing import Any

from fulfiller.broker.raw import redis_of
from fulfiller.broker.topology import WAITS_KEY, key
from fulfiller.domain.tier import Tier
from fulfiller.domain.waits import BOUNDS_S, Waits

BUCKETS = (*map(str, BOUNDS_S), "inf")
SUM = "sum_ms"


def count(channel: object, waits: Mapping[Tier, Waits]) -> None:
    """Add waits to what has been counted."""
    client = redis_of(channel)
    if client is None:
        return
    pipeline = client.pipeline(transaction=False)
    for tier, each in waits.items():
        for bucket, number in zip(BUCKETS, each.counts, strict=True):
            if number:
                pipeline.hincrby(key(WAITS_KEY), f"{tier}:{bucket}", number)
        pipeline.hincrby(key(WAITS_KEY), f"{tier}:{SUM}", each.sum_ms)
    pipeline.execute()


def counted(channel: object) -> Mapping[Tier, Waits]:
    """Return all waits by tier; tiers in which nobody got a coupon are left out."""
    client = redis_of(channel)
    raw: Any = {} if client is None else client.hgetall(key(WAITS_KEY))
    found = {name.decode(): int(number) for name, number in raw.items()}
    waits = {tier: _of(tier, found) for tier in Tier}
    return {tier: each for tier, each in waits.items() if any(each.counts)}


def _of(tier: Tier, found: Mapping[str, int]) -> Waits:
    counts = [found.get(f"{tier}:{bucket}", 0) for bucket in BUCKETS]
    return Waits(counts, found.get(f"{tier}:{SUM}", 0))
