"""Acts: what can be done to a coupon in hand, and why it may be refused.

An act is bound to the caller's idempotency key, which stands for one checkout of one coupon:
whoever reserved under a key may release or redeem under it, and what was redeemed under it
may be rolled back under it, and by nobody's mistake under another.
"""

from dataclasses import dataclass
from enum import StrEnum

from fulfiller.domain.claim import ClaimId


class Verb(StrEnum):
    """What can be done to a coupon."""

    RESERVE = "reserve"
    RELEASE = "release"
    REDEEM = "redeem"
    ROLL_BACK = "rollback"
    REVOKE = "revoke"


class CouponWhy(StrEnum):
    """Why it was not done; the values are the problem codes of the HTTP door."""

    UNKNOWN_COUPON = "unknown_coupon"
    COUPON_EXPIRED = "coupon_expired"
    COUPON_RESERVED = "coupon_reserved"
    COUPON_REVOKED = "coupon_revoked"
    ALREADY_REDEEMED = "already_redeemed"
    NOT_RESERVED = "not_reserved"
    NOT_REDEEMED = "not_redeemed"
    MOVED_ON = "moved_on"
    KEY_REUSED = "key_reused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What was done to a coupon under an account's key; written once.

    `revision` is the coupon's after it: while the coupon still has it, the act stands.
    """

    account: str
    key: str
    verb: Verb
    claim_id: ClaimId
    revision: int
    at: int
