"""The small moves of open claims: cancel, park, replay, abandon.

Each is one transaction whose first step moves the open rows; a repeat finds none and
changes nothing. Money comes back with a cancel or an abandon, never by itself with a park:
a later replay would otherwise issue it twice.
"""

from collections.abc import Sequence
from dataclasses import replace

from fulfiller.domain.claim import ClaimId, OpenClaim, Stage
from fulfiller.domain.event import Kind
from fulfiller.domain.outcome import Ending, Outcome
from fulfiller.domain.stripe import Count
from fulfiller.service.book import Entry, ending, events, moves, shifting
from fulfiller.service.port import Store, Writes

CANCELLABLE = (Stage.WAITLISTED, Stage.ACCEPTED)


def cancel(claim_id: ClaimId, *, store: Store, now: int, account: str, actor: str) -> bool:
    """End an open claim for its account; False if it is another's, parked, done or unknown."""
    with store.take((claim_id,), CANCELLABLE) as unit:
        mine = [claim for claim in unit.rows if claim.account == account]
        if not mine:
            return False
        unit.commit(_ended(mine, Ending.CANCELLED, "cancelled by its account", now, actor))
    return True


def abandon(
    ids: Sequence[ClaimId], reason: str, *, store: Store, now: int, actor: str
) -> tuple[ClaimId, ...]:
    """Decline parked claims for good and free their money; return the ids that were parked."""
    with store.take(ids, (Stage.PARKED,)) as unit:
        if unit.rows:
            unit.commit(_ended(unit.rows, Ending.DECLINED, reason, now, actor))
        return tuple(claim.id for claim in unit.rows)


def park(
    ids: Sequence[ClaimId],
    reason: str,
    *,
    store: Store,
    now: int,
    actor: str,
    fence: int | None = None,
) -> tuple[ClaimId, ...]:
    """Set accepted claims aside with their money; return the ids that were accepted.

    With `fence` it is a keeper's write, and raises Deposed on another lease.
    """
    with store.shift(ids, Stage.ACCEPTED, Stage.PARKED) as unit:
        if unit.rows:
            unit.commit(replace(parking(unit.rows, reason, now=now, actor=actor), fence=fence))
        return tuple(claim.id for claim in unit.rows)


def parking(claims: Sequence[OpenClaim], reason: str, *, now: int, actor: str) -> Writes:
    """Return what setting accepted claims aside writes, all but their open rows."""
    entry = shifting(Stage.ACCEPTED, Stage.PARKED)
    return _shifted(claims, entry, Kind.CLAIM_PARKED, now, actor, reason)


def replay(ids: Sequence[ClaimId], *, store: Store, now: int, actor: str) -> tuple[ClaimId, ...]:
    """Make parked claims ready again with a clean slate; return the ids that were parked."""
    with store.shift(ids, Stage.PARKED, Stage.ACCEPTED, ready_at=now) as unit:
        if unit.rows:
            entry = shifting(Stage.PARKED, Stage.ACCEPTED)
            unit.commit(_shifted(unit.rows, entry, Kind.CLAIM_REPLAYED, now, actor, ""))
        return tuple(claim.id for claim in unit.rows)


def outcome(claim: OpenClaim, how: Ending, reason: str, *, now: int, actor: str) -> Outcome:
    """Return the outcome of a claim that ends without a coupon."""
    return Outcome(
        claim_id=claim.id, campaign=claim.campaign, ending=how, reason=reason, actor=actor, at=now
    )


def _ended(claims: Sequence[OpenClaim], how: Ending, reason: str, now: int, actor: str) -> Writes:
    kind, count = _ENDINGS[how]
    return Writes(
        outcomes=tuple(outcome(claim, how, reason, now=now, actor=actor) for claim in claims),
        events=events(claims, kind, now=now, actor=actor, detail=reason),
        stripes=moves((claim, ending(claim.stage, count)) for claim in claims),
        woken=tuple(sorted({claim.campaign for claim in claims})),
    )


def _shifted(
    claims: Sequence[OpenClaim], entry: Entry, kind: Kind, now: int, actor: str, detail: str
) -> Writes:
    return Writes(
        events=events(claims, kind, now=now, actor=actor, detail=detail),
        stripes=moves((claim, entry) for claim in claims),
    )


_ENDINGS = {
    Ending.CANCELLED: (Kind.CLAIM_CANCELLED, Count.CANCELLED),
    Ending.DECLINED: (Kind.CLAIM_DECLINED, Count.DECLINED),
}
