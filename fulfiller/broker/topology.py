"""Names in the broker: queues, tasks, headers and keys, each said once."""

from fulfiller.domain.tier import Tier

KEY_PREFIX = "fulfiller:"
"""What every key of ours begins with, so that a Redis may be shared."""
ISSUE_TASK = "claims.issue"
HINT_VERSION = 1
"""The version of hints that this code writes, and the newest that it reads."""
IDS_MAX = 1_000
"""Ids that a worker takes from one hint at most; release stays at half of it."""
EPOCH_KEY = "epoch"
QUARANTINE_KEY = "quarantine"
QUARANTINED_KEY = "quarantined"
"""How many messages were set aside, by flaw."""


def queue_name(tier: Tier) -> str:
    """Return the queue of a tier: `claims.p0` to `claims.p3`."""
    return f"claims.{tier}"


QUEUE_NAMES = {tier: queue_name(tier) for tier in Tier}


def key(name: str) -> str:
    """Return a key as Redis holds it."""
    return KEY_PREFIX + name
