"""Names in the broker: queues, tasks, headers and keys, each said once."""

from fulfiller.domain.tier import Tier

KEY_PREFIX = "fulfiller:"
"""What every key of ours begins with, so that a Redis may be shared."""
ISSUE_TASK = "claims.issue"
SUBMIT_TASK = "claims.submit"
SUBMIT_QUEUE = "claims.in"
"""Where any Celery client may put claims; the queues of the tiers carry only hints."""
HINT_VERSION = 1
"""The version of hints that this code writes, and the newest that it reads."""
IDS_MAX = 1_000
"""Ids that a worker takes from one hint at most; a message with more was not made by us."""
EPOCH_KEY = "epoch"
QUARANTINE_KEY = "quarantine"
"""Messages that were set aside, the newest of them."""
QUARANTINED_KEY = "quarantined"
"""How many messages were set aside, by flaw."""
SUBMITTED_KEY = "submitted"
"""How many claims came in through the broker, by what became of them."""

WAITS_KEY = "waits"
"""How long claims waited for their coupon, by tier and bucket."""
DOOR_KEY = "door"
"""Whom intakes let in during the last seconds, by digests: so they keep door limits together."""
FAILED_KEY = "failed:"
"""How often a submission failed unexpectedly; the message's id follows."""


def queue_name(tier: Tier) -> str:
    """Return the queue of a tier: `claims.p0` to `claims.p3`."""
    return f"claims.{tier}"


QUEUE_NAMES = {tier: queue_name(tier) for tier in Tier}
WORK_QUEUES = (*QUEUE_NAMES.values(), SUBMIT_QUEUE)
"""Every queue that a worker serves."""


def key(name: str) -> str:
    """Return a key as Redis holds it."""
    return KEY_PREFIX + name
