"""A claim: somebody's wish for one coupon, and the states it can be in.

        ┌─────────────┬───────► cancelled
        │             │
    waitlisted ──► accepted ──► issued
                    │ ▲  │
                    ▼ │  └────► declined   (eligibility hook)
                  parked           ▲
                     └─────────────┘       (abandoned)

`waitlisted`, `accepted` and `parked` are stages: the claim is open and keeps its money.
`issued`, `declined` and `cancelled` are terminal, once and for ever.
"""

from enum import StrEnum
from typing import NewType

from msgspec import Struct

from fulfiller.domain.error import IllegalMove
from fulfiller.domain.tier import Tier

ClaimId = NewType("ClaimId", str)
CLAIM_PREFIX = "clm_"
STAMP_DIGITS = 12
MILLISECOND = 1_000
DEFAULT_GRANT = "default"


def dated(claim_id: ClaimId) -> int:
    """Return when a claim was taken in, in microseconds, to the millisecond that its id tells."""
    return int(claim_id.replace("-", "", 1)[:STAMP_DIGITS], 16) * MILLISECOND


class Stage(StrEnum):
    """Where an open claim stands."""

    WAITLISTED = "waitlisted"
    ACCEPTED = "accepted"
    PARKED = "parked"


class State(StrEnum):
    """Where any claim stands: a stage, or one of three terminal outcomes."""

    WAITLISTED = "waitlisted"
    ACCEPTED = "accepted"
    PARKED = "parked"
    ISSUED = "issued"
    DECLINED = "declined"
    CANCELLED = "cancelled"


OPEN = frozenset({State.WAITLISTED, State.ACCEPTED, State.PARKED})
TERMINAL = frozenset(State) - OPEN
MOVES = {
    State.WAITLISTED: frozenset({State.ACCEPTED, State.CANCELLED}),
    State.ACCEPTED: frozenset({State.ISSUED, State.DECLINED, State.CANCELLED, State.PARKED}),
    State.PARKED: frozenset({State.ACCEPTED, State.DECLINED}),
    State.ISSUED: frozenset[State](),
    State.DECLINED: frozenset[State](),
    State.CANCELLED: frozenset[State](),
}


def check_move(old: State, new: State) -> None:
    """Raise IllegalMove unless a claim may go from `old` to `new`."""
    if new not in MOVES[old]:
        raise IllegalMove("claim", old, new)


def public_id(claim_id: ClaimId) -> str:
    """Return the id as callers see it, `clm_` in front."""
    return CLAIM_PREFIX + claim_id


class Request(Struct, frozen=True, kw_only=True, gc=False):
    """A claim as it comes in, checked for shape and nothing else."""

    account: str
    campaign: str
    user: str
    key: str
    fingerprint: bytes
    grant: str = DEFAULT_GRANT
    tier: Tier | None = None
    locale: str | None = None
    limit_key: str | None = None


class Claim(Struct, frozen=True, kw_only=True, gc=False):
    """A claim as it was accepted or waitlisted; written once, never changed.

    `(campaign, user, grant, turn)` and `(campaign, user, slot, slot_turn)` are unique: the
    turns count the cancelled claims that held the same identity or slot before.
    """

    id: ClaimId
    campaign: str
    account: str
    user: str
    grant: str
    turn: int
    slot: int
    slot_turn: int
    tier: Tier
    amount: int
    limit_key: str | None
    locale: str | None
    accepted_at: int


class OpenClaim(Struct, frozen=True, kw_only=True, gc=False):
    """What is still to be done for a claim; the one row of it that changes.

    `offered_at` is when its intake offered it; on a claim that is ready anew, and so only later
    than that, it is when an eligibility hook began to be unsure.
    """

    id: ClaimId
    campaign: str
    tier: Tier
    account: str
    user: str
    grant: str
    slot: int
    stripe: int
    amount: int
    limit_key: str | None
    stage: Stage
    ready_at: int
    offered_at: int | None
    attempts: int
    flow: str = ""

    @property
    def unsure_since(self) -> int | None:
        """When an eligibility hook that is unsure of it was first asked; None if none is."""
        known = self.offered_at is not None and self.offered_at < self.ready_at
        return self.offered_at if known else None
