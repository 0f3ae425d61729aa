"""Laws that only a simulated run can show, since it knows the order of all commits.

The line is kept: nobody is accepted past those of the tier who wait, and no more wait than the
cap and a group of each intake. Held campaigns issue nothing, once whoever was at it has ended.
"""

from collections import defaultdict
from collections.abc import Iterator

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.mode import SERVICE
from fulfiller.domain.tier import Tier
from fulfiller.service.dispatch import Lane
from fulfiller.sim.fault import Fault
from fulfiller.sim.intake import GROUP_MAX
from fulfiller.sim.loop import SECOND
from fulfiller.sim.run import Ran

QUICK = 3 * SECOND
LONG = 16 * SECOND
"""What a transaction takes at most, where nobody is stopped in it and where somebody may be."""
Lines = defaultdict[Lane, set[ClaimId]]


def flaws(ran: Ran) -> Iterator[str]:
    """Yield what was out of order, in words."""
    lines: Lines = defaultdict(set)
    held: dict[str, int] = {}
    for event in ran.world.truth.shelves.events:
        yield from _line(ran, event, lines)
        _switch(event, held)
        if event.kind is Kind.CLAIM_ISSUED and (late := _late(ran, event, held)):
            yield late
    yield from _twice(ran)


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


def _switch(event: Event, held: dict[str, int]) -> None:
    if event.kind is Kind.MODE_HELD:
        held.setdefault(event.campaign, event.at)
    elif event.kind is Kind.MODE_UNHELD:
        held.pop(event.campaign, None)


def _late(ran: Ran, event: Event, held: dict[str, int]) -> str | None:
    since = min((held[s] for s in (event.campaign, SERVICE) if s in held), default=None)
    slow = {Fault.STOPPED, Fault.STORE_SLOW} & ran.tally.faults.keys()
    slack = (LONG if slow else QUICK) + ran.world.jumped
    if since is None or event.at <= since + slack:
        return None
    return f"{event.campaign}: issued {(event.at - since) / SECOND:.1f} s after it was held"


def _twice(ran: Ran) -> Iterator[str]:
    for coupon in ran.world.truth.shelves.coupons.values():
        if coupon.lookup in ran.world.taken:
            yield f"cpn_{coupon.claim_id} has the code of a coupon from elsewhere"
