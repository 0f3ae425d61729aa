"""Who may claim again: identity (campaign, user, grant) and N slots per user.

Both unique keys end in a turn, the number of cancelled claims that held them before. A
cancel thereby frees identity and slot while rows stay insert-only, and two racers who read
the same past still collide. A declined claim frees nothing.
"""

from collections.abc import Iterable

from msgspec import Struct

from fulfiller.domain.claim import ClaimId


class Prior(Struct, frozen=True, kw_only=True, gc=False):
    """A claim that a user already has or had in a campaign."""

    id: ClaimId
    campaign: str
    user: str
    account: str
    grant: str
    slot: int
    cancelled: bool


class Seat(Struct, frozen=True, gc=False):
    """The identity turn, slot and slot turn that a new claim takes."""

    turn: int
    slot: int
    slot_turn: int


FIRST = Seat(turn=0, slot=1, slot_turn=0)
"""Where almost everybody sits: who has never claimed before."""


def holder(priors: Iterable[Prior], grant: str) -> Prior | None:
    """Return the claim that holds this grant now, if one does."""
    return next((p for p in priors if p.grant == grant and not p.cancelled), None)


def seat(priors: Iterable[Prior], grant: str, limit: int) -> Seat | None:
    """Return the lowest free slot for a new claim, or None when all `limit` slots are held."""
    past = tuple(priors)
    if not past and limit > 0:
        return FIRST
    held = {p.slot for p in past if not p.cancelled}
    slot = next((n for n in range(1, limit + 1) if n not in held), None)
    if slot is None:
        return None
    return Seat(
        turn=sum(p.cancelled and p.grant == grant for p in past),
        slot=slot,
        slot_turn=sum(p.cancelled and p.slot == slot for p in past),
    )
