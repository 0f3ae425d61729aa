"""The live proof: what must hold of a campaign's books, judged from the sums of its ledger.

These are the sums alone, fresh each second; `fulfiller verify` reads every row.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from fulfiller.domain.stripe import SHARES, Count, Purse
from fulfiller.ops.flower.panel import Panel


@dataclass(frozen=True, slots=True)
class Law:
    """What must hold, the figures that say so, and whether it does."""

    name: str
    said: str
    holds: bool


OPEN = (Count.WAITLISTED, Count.ACCEPTED, Count.PARKED)


def proof(panel: Panel) -> Iterator[Law]:
    """Yield the laws of one campaign."""
    entered = panel.count(Count.ENTERED)
    shares: dict[Count, int] = {count: panel.count(count) for count in SHARES}
    missing = entered - sum(shares.values())
    told = " + ".join(f"{number:,} {count.value}" for count, number in shares.items())
    missed = f", {missing:,} not accounted for" if missing else ""
    yield Law("Nobody is lost", f"{entered:,} entered = {told}{missed}", holds=not missing)
    yield from _coupons(panel, shares[Count.ISSUED])
    yield from _money(panel, sum(shares[count] for count in OPEN))


def _coupons(panel: Panel, issued: int) -> Iterator[Law]:
    """More money with coupons than claims that were issued one would mean that some had two."""
    value = panel.campaign.value.amount
    held = panel.purses[Purse.ISSUED].amount + panel.purses[Purse.REDEEMED].amount
    doubles = max(0, held // value - issued)
    yield Law("No coupon twice", f"{doubles:,} doubles among {issued:,} coupons", holds=not doubles)


def _money(panel: Panel, open_claims: int) -> Iterator[Law]:
    limit = panel.purses[Purse.LIMIT].amount
    kinds = (Purse.RESERVED, Purse.ISSUED, Purse.REDEEMED)
    promised = sum(panel.purses[purse].amount for purse in kinds)
    over = max(0, promised - min(limit, panel.campaign.budget))
    currency = panel.campaign.value.currency
    said = f"overspend {over:,} minor units of {currency}" if over else "overspend 0"
    yield Law("No money beyond the budget", said, holds=not over)
    reserved = panel.purses[Purse.RESERVED].amount
    due = open_claims * panel.campaign.value.amount
    said = f"money reserved for {open_claims:,} open claims"
    flaw = f", but {reserved:,} instead of {due:,} minor units" if reserved != due else ""
    yield Law("Who waits has money reserved", said + flaw, holds=not flaw)
