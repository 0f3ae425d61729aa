"""What asking can end in: expected outcomes are values, and callers match on them."""

from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from fulfiller.domain.claim import Claim, ClaimId, State


class Why(StrEnum):
    """Why a claim was refused; the values are the problem codes of the HTTP door."""

    UNKNOWN_CAMPAIGN = "unknown_campaign"
    NOT_OPEN_YET = "not_open_yet"
    ENDED = "ended"
    SOLD_OUT = "sold_out"
    USER_LIMIT = "user_limit"
    IDENTITY_TAKEN = "identity_taken"
    KEY_REUSED = "key_reused"
    WAITLIST_FULL = "waitlist_full"


class Accepted(Struct, frozen=True, gc=False):
    """The claim is in the store with its money reserved: from here on it can't be lost.

    `ahead` is how many of its tier were waiting when it was waitlisted, as just read.
    """

    claim: Claim
    state: State
    stripe: int
    offered: bool
    ahead: int | None = None


@dataclass(frozen=True, slots=True)
class Repeated:
    """The same key, or the same identity of the same account, has this claim already."""

    claim_id: ClaimId


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was stored; the caller may try again once `why` no longer holds."""

    why: Why


Answer = Accepted | Repeated | Refused


class Ending(StrEnum):
    """The terminal outcomes that leave no coupon."""

    DECLINED = "declined"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a claim ended without a coupon; written once."""

    claim_id: ClaimId
    campaign: str
    ending: Ending
    reason: str
    actor: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """What one run of `claims.issue` did: ids it issued, left open, parked, or declined."""

    issued: tuple[ClaimId, ...] = ()
    left: tuple[ClaimId, ...] = ()
    parked: tuple[ClaimId, ...] = ()
    declined: tuple[ClaimId, ...] = ()

    def plus(self, other: "Issued") -> "Issued":
        """Return both runs as one."""
        return Issued(
            issued=self.issued + other.issued,
            left=self.left + other.left,
            parked=self.parked + other.parked,
            declined=self.declined + other.declined,
        )
