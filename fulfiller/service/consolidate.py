"""Gather a campaign's money and say, on the strength of locked stripes, whether it is gone.

"Sold out" is refused only after this: between two reads of unlocked stripes money may be in
flight, and nobody may be sent away while there is a coupon left for them.
"""

from collections.abc import Sequence

from fulfiller.domain.event import Event, Kind
from fulfiller.domain.stripe import Delta, Purse, Stripe, portions, total
from fulfiller.service.port import Store, StripeMove, Writes


def consolidate(campaign_id: str, *, store: Store, now: int) -> int:
    """Spread what is available evenly over the stripes and return the sum in minor units.

    Marks the campaign exhausted when the sum pays for no coupon.
    """
    campaign = store.campaign(campaign_id)
    if campaign is None:
        return 0
    with store.lock(campaign_id) as unit:
        value = campaign.value.amount
        available = total(unit.rows, Purse.AVAILABLE)
        unit.commit(_gathered(campaign_id, unit.rows, available, value, now))
    return available


def _gathered(
    campaign: str, stripes: Sequence[Stripe], available: int, value: int, now: int
) -> Writes:
    event = Event(
        at=now,
        campaign=campaign,
        kind=Kind.BUDGET_GATHERED,
        actor="intake",
        detail=f"available {available}",
    )
    return Writes(
        events=(event,),
        stripes=tuple(_spread(stripes, available, value)),
        exhausted=(campaign,) if available < value else (),
    )


def _spread(stripes: Sequence[Stripe], available: int, value: int) -> list[StripeMove]:
    wanted = portions(available, value, len(stripes))
    moves = zip(stripes, wanted, strict=True)
    return [
        StripeMove(stripe.key, _by(want - stripe[Purse.AVAILABLE]))
        for stripe, want in moves
        if want != stripe[Purse.AVAILABLE]
    ]


def _by(amount: int) -> Delta:
    return Delta({Purse.LIMIT: amount, Purse.AVAILABLE: amount})
