"""Tallies of submissions, in Redis: what became of claims, and how often a message failed."""

from collections.abc import Mapping
from typing import Any

from fulfiller.broker.raw import redis_of
from fulfiller.broker.topology import FAILED_KEY, SUBMITTED_KEY, key

FAILED_S = 3_600
"""How long the failures of a message are remembered after the last of them."""


def count(channel: object, outcomes: Mapping[str, int]) -> None:
    """Count claims, by what became of them."""
    client = redis_of(channel)
    if client is not None:
        pipeline = client.pipeline(transaction=False)
        for outcome, number in outcomes.items():
            pipeline.hincrby(key(SUBMITTED_KEY), outcome, number)
        pipeline.execute()


def counted(channel: object) -> Mapping[str, int]:
    """Return how many claims there were, by what became of them."""
    client = redis_of(channel)
    found: Any = {} if client is None else client.hgetall(key(SUBMITTED_KEY))
    return {outcome.decode(): int(number) for outcome, number in found.items()}


def failed_again(channel: object, message_id: str) -> int | None:
    """Count that a message failed and return how often it did; None where nobody counts."""
    client = redis_of(channel)
    if client is None:
        return None
    pipeline = client.pipeline(transaction=False)
    pipeline.incr(key(FAILED_KEY + message_id))
    pipeline.expire(key(FAILED_KEY + message_id), FAILED_S)
    return int(pipeline.execute()[0])
