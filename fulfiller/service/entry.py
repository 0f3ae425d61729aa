"""The rows that a request becomes when it is taken in."""

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import Claim, ClaimId, OpenClaim, Request, Stage
from fulfiller.domain.identity import Prior, Seat


def new_claim(
    request: Request, campaign: Campaign, place: Seat, *, claim_id: ClaimId, now: int
) -> Claim:
    """Return the claim that a request for a campaign becomes, at the place of its identity."""
    return Claim(
        id=claim_id,
        campaign=campaign.id,
        account=request.account,
        user=request.user,
        grant=request.grant,
        turn=place.turn,
        slot=place.slot,
        slot_turn=place.slot_turn,
        tier=campaign.default_tier if request.tier is None else request.tier,
        amount=campaign.value.amount,
        limit_key=request.limit_key,
        locale=request.locale,
        accepted_at=now,
    )


def opened(claim: Claim, stage: Stage, stripe: int, *, flow: str, offered: bool) -> OpenClaim:
    """Return the open row of a new claim, whose money comes from this stripe."""
    return OpenClaim(
        id=claim.id,
        campaign=claim.campaign,
        tier=claim.tier,
        account=claim.account,
        user=claim.user,
        grant=claim.grant,
        slot=claim.slot,
        stripe=stripe,
        amount=claim.amount,
        limit_key=claim.limit_key,
        stage=stage,
        ready_at=claim.accepted_at,
        offered_at=claim.accepted_at if offered else None,
        attempts=0,
        flow=flow,
    )


def as_prior(claim: Claim) -> Prior:
    """Return a new claim as later requests of its user meet it."""
    return Prior(
        id=claim.id,
        campaign=claim.campaign,
        user=claim.user,
        account=claim.account,
        grant=claim.grant,
        slot=claim.slot,
        cancelled=False,
    )
