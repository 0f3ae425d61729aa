"""Double entry for open claims: what a move of theirs does to stripes and to the event log."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from fulfiller.domain.claim import OpenClaim, Stage
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.stripe import Count, Delta, Purse, StripeKey
from fulfiller.domain.tier import Tier
from fulfiller.service.port import StripeMove

STAGE_COUNT = {
    Stage.WAITLISTED: Count.WAITLISTED,
    Stage.ACCEPTED: Count.ACCEPTED,
    Stage.PARKED: Count.PARKED,
}


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """What one claim's move books: its money from purse to purse, and counts up and down.

    Each is made once and is like no other, so that claims can be counted by theirs.
    """

    counts: Mapping[Count, int]
    purses: tuple[Purse, Purse] | None = None


@cache
def entering(stage: Stage) -> Entry:
    """Return the entry of a claim that comes in: its money is reserved from here on."""
    return Entry({Count.ENTERED: 1, STAGE_COUNT[stage]: 1}, (Purse.AVAILABLE, Purse.RESERVED))


@cache
def issuing() -> Entry:
    """Return the entry of a claim that becomes a coupon."""
    return Entry({Count.ACCEPTED: -1, Count.ISSUED: 1}, (Purse.RESERVED, Purse.ISSUED))


@cache
def ending(stage: Stage, count: Count) -> Entry:
    """Return the entry of a claim that ends without a coupon: its money is free again."""
    return Entry({STAGE_COUNT[stage]: -1, count: 1}, (Purse.RESERVED, Purse.AVAILABLE))


@cache
def shifting(old: Stage, new: Stage) -> Entry:
    """Return the entry of a claim that goes from one stage to another with its money."""
    return Entry({STAGE_COUNT[old]: -1, STAGE_COUNT[new]: 1})


def moves(
    booked: Iterable[tuple[OpenClaim, Entry]], guards: Mapping[str, int] | None = None
) -> tuple[StripeMove, ...]:
    """Return the stripe moves of a transaction, ascending; `guards` by campaign, if any."""
    alike = Counter(
        [(claim.campaign, claim.stripe, claim.tier, claim.amount, entry) for claim, entry in booked]
    )
    books: defaultdict[StripeKey, _Book] = defaultdict(_Book)
    for (campaign, stripe, tier, amount, entry), claims in alike.items():
        books[StripeKey(campaign, stripe)].add(tier, claims * amount, entry, claims)
    return tuple(
        StripeMove(key, books[key].delta(), None if guards is None else guards[key.campaign])
        for key in sorted(books)
    )


def events(
    claims: Iterable[OpenClaim], kind: Kind, *, now: int, actor: str, detail: str = ""
) -> tuple[Event, ...]:
    """Return one event per lane among the claims."""
    lanes: defaultdict[tuple[str, Tier], list[OpenClaim]] = defaultdict(list)
    for claim in claims:
        lanes[claim.campaign, claim.tier].append(claim)
    return tuple(
        Event(
            at=now,
            campaign=campaign,
            tier=tier,
            kind=kind,
            ids=tuple([claim.id for claim in members]),
            amount=sum([claim.amount for claim in members]),
            actor=actor,
            detail=detail,
        )
        for (campaign, tier), members in lanes.items()
    )


class _Book:
    """The sums of one stripe while a transaction is booked."""

    def __init__(self) -> None:
        self.money: defaultdict[Purse, int] = defaultdict(int)
        self.counts: defaultdict[tuple[Tier, Count], int] = defaultdict(int)

    def add(self, tier: Tier, amount: int, entry: Entry, claims: int) -> None:
        """Book so many claims of a tier alike, of which all together are worth the amount."""
        if entry.purses is not None:
            source, target = entry.purses
            self.money[source] -= amount
            self.money[target] += amount
        for count, step in entry.counts.items():
            self.counts[tier, count] += claims * step

    def delta(self) -> Delta:
        return Delta(dict(self.money), dict(self.counts))
