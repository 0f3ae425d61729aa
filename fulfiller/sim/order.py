"""Laws that only a simulated run can show, since it knows the order of all commits.

The line is kept: nobody is accepted past those of the tier who wait, and no more wait than the
cap and a group of each intake. Nothing is taken from a campaign that is held just then.
"""

from collections import defaultdict
from collections.abc import Iterator

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.tier import Tier
from fulfiller.service.dispatch import Lane
from fulfiller.sim.intake import GROUP_MAX
from fulfiller.sim.run import Ran

Lines = defaultdict[Lane, set[ClaimId]]


def flaws(ran: Ran) -> Iterator[str]:
    """Yield what was out of order, in words."""
    lines: Lines = defaultdict(set)
    for event in ran.world.truth.shelves.events:
        yield from _line(ran, event, lines)
    yield from _twice(ran)
    yield from ran.world.secrets.flaws


def _line(ran: Ran, event: Event, lines: Lines) -> Iterator[str]:
    if event.tier is None:
        return
    line = lines[Lane(event.campaign, event.tier)]
    if event.kind is Kind.CLAIM_ACCEPTED and line:
        yield f"{event.campaign}: {len(event.ids)} were accepted past {len(line)} who wait"
    if event.kind is Kind.CLAIM_WAITLISTED:
        line.update(event.ids)
        yield from _crowded(ran, event.campaign, lines)
    elif event.kind in (Kind.CLAIM_ADMITTED, Kind.CLAIM_CANCELLED):
        line.difference_update(event.ids)


def _crowded(ran: Ran, campaign: str, lines: Lines) -> Iterator[str]:
    cap = ran.world.truth.shelves.campaigns[campaign].waitlist_cap
    number = sum(len(lines[Lane(campaign, tier)]) for tier in Tier)
    if cap is not None and number > cap + GROUP_MAX * ran.plan.intakes:
        yield f"{campaign}: {number} wait where {cap} may"


def _twice(ran: Ran) -> Iterator[str]:
    for coupon in ran.world.truth.shelves.coupons.values():
        if coupon.lookup in ran.world.secrets.taken:
            yield f"cpn_{coupon.claim_id} has the code of a coupon from elsewhere"
