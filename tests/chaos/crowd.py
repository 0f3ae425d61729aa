"""A crowd: a run of any number of claims as a service would have left it, made up at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from fulfiller.chaos.books import Books
from fulfiller.chaos.history import Ask, Line, Phase
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import Claim, ClaimId, Stage
from fulfiller.domain.code import grouped, mint
from fulfiller.domain.coupon import Coupon
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.mode import SERVICE, ModeRow
from fulfiller.domain.outcome import Ending, Outcome
from fulfiller.domain.stripe import Count, Delta, Purse, Stripe
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import SECOND
from fulfiller.service.create import stripes
from fulfiller.service.log import Unsealed
from fulfiller.service.port import KeyBinding
from fulfiller.service.seal import START, chain
from tests.contract import world
from tests.contract.world import KEY
from tests.domain.festival import OPENING, VALUE, festival

GROUP = 100
"""Claims that are accepted, issued or cancelled in one transaction."""
CANCELLED = 10
"""Every tenth group is cancelled, all others are issued."""
LOOKED_AT = 5
"""Every fifth claim is looked at in the end."""

TICK = SECOND // 10


@dataclass(slots=True)
class Crowd:
    """So many claims: taken in by groups, then issued or cancelled, then looked at."""

    size: int
    books: Books = field(init=False)

    def __post_init__(self) -> None:
        """Make up what the store holds in the end."""
        campaign = _campaign(self.size)
        groups = [self._group(n, campaign) for n in range(0, self.size, GROUP)]
        issued = [group for n, group in enumerate(groups) if n % CANCELLED]
        cancelled = groups[::CANCELLED]
        claims = [claim for group in groups for claim in group]
        events = list(_events(campaign, groups, issued, cancelled))
        places = [(0, number) for number in range(1, len(events) + 1)]
        waiting = [Unsealed(place, event) for place, event in zip(places, events, strict=True)]
        self.books = Books(
            at=OPENING + 10 * len(groups) * TICK,
            campaigns={campaign.id: campaign},
            claims=claims,
            opened=[],
            coupons=[_coupon(claim) for group in issued for claim in group],
            outcomes=[_outcome(claim) for group in cancelled for claim in group],
            bindings=[_binding(claim) for claim in claims],
            acts=[],
            stripes=_stripes(campaign, len(claims), sum(map(len, issued))),
            events=events,
            places=places,
            seals=chain(START, waiting),
            modes={SERVICE: ModeRow(scope=SERVICE), campaign.id: ModeRow(scope=campaign.id)},
            keys={KEY.id: KEY},
            captured=(b'{"ids": []}' * 1_000,),
            in_commit_order=True,
        )

    def history(self) -> Iterator[Line]:
        """Yield the history, one line after the other: claims, then cancels, then looks."""
        number = 0
        outcomes = {outcome.claim_id for outcome in self.books.outcomes}
        for claim in self.books.claims:
            number += 1
            yield from _claimed(number, claim)
            if claim.id in outcomes:
                number += 1
                yield from _cancelled(number, claim)
        for claim in self.books.claims[::LOOKED_AT]:
            number += 1
            yield from _looked(number, claim, cancelled=claim.id in outcomes)

    def _group(self, first: int, campaign: Campaign) -> list[Claim]:
        at = OPENING + first // GROUP * TICK
        return [
            _claim(number, campaign, at) for number in range(first, min(first + GROUP, self.size))
        ]


def _campaign(size: int) -> Campaign:
    groups = -(-size // GROUP)
    closes_at = OPENING + 20 * groups * TICK
    return festival(
        budget=2 * size * VALUE, closes_at=closes_at, issuing_rate="1000/s", per_user_limit=2
    )


def _claim(number: int, campaign: Campaign, at: int) -> Claim:
    known = ClaimId(f"01900000-0000-7000-8000-{number:012x}")
    return world.claim(f"user {number}", id=known, campaign=campaign.id, accepted_at=at)


def _coupon(of: Claim) -> Coupon:
    return world.coupon(of, issued_at=of.accepted_at + SECOND, valid_until=of.accepted_at + 10**12)


def _outcome(claim: Claim) -> Outcome:
    return Outcome(
        claim_id=claim.id,
        campaign=claim.campaign,
        ending=Ending.CANCELLED,
        reason="cancelled by its account",
        actor="shop",
        at=claim.accepted_at + SECOND,
    )


def _binding(claim: Claim) -> KeyBinding:
    return KeyBinding(claim.account, claim.user, claim.id, claim.user.encode(), claim.accepted_at)


def _events(
    campaign: Campaign,
    groups: Sequence[list[Claim]],
    issued: Sequence[list[Claim]],
    cancelled: Sequence[list[Claim]],
) -> Iterator[Event]:
    created = Kind.CAMPAIGN_CREATED
    yield Event(at=OPENING, campaign=campaign.id, kind=created, amount=campaign.budget)
    for kind, members, later in (
        (Kind.CLAIM_ACCEPTED, groups, 0),
        (Kind.CLAIM_ISSUED, issued, SECOND),
        (Kind.CLAIM_CANCELLED, cancelled, SECOND),
    ):
        for group in members:
            yield Event(
                at=group[0].accepted_at + later,
                campaign=campaign.id,
                kind=kind,
                tier=Tier.P2,
                ids=tuple(claim.id for claim in group),
                amount=len(group) * VALUE,
            )


def _stripes(campaign: Campaign, entered: int, issued: int) -> list[Stripe]:
    first, *others = stripes(campaign)
    money = {Purse.LIMIT: campaign.budget - first[Purse.LIMIT]}
    money |= {Purse.AVAILABLE: campaign.budget - first[Purse.AVAILABLE] - issued * VALUE}
    counts = {Count.ENTERED: entered, Count.ISSUED: issued, Count.CANCELLED: entered - issued}
    rest = [
        each.moved(Delta({purse: -each[purse] for purse in (Purse.LIMIT, Purse.AVAILABLE)}))
        for each in others
    ]
    tallies = {(Tier.P2, count): number for count, number in counts.items()}
    return [first.moved(Delta(money | {Purse.ISSUED: issued * VALUE}, tallies)), *rest]


def _claimed(number: int, claim: Claim) -> Iterator[Line]:
    at = claim.accepted_at
    yield _line(
        number,
        Phase.INVOKE,
        Ask.CLAIM,
        at,
        account=claim.account,
        campaign=claim.campaign,
        user=claim.user,
        key=claim.user,
        body=claim.user,
        deadline_s=5.0,
    )
    told = {"claim_id": f"clm_{claim.id}", "state": Stage.ACCEPTED.value}
    yield _line(number, Phase.OK, Ask.CLAIM, at + 2_000, **told)


def _cancelled(number: int, claim: Claim) -> Iterator[Line]:
    at, named = claim.accepted_at + SECOND, {"claim_id": f"clm_{claim.id}"}
    yield _line(number, Phase.INVOKE, Ask.CANCEL, at, account=claim.account, **named)
    yield _line(number, Phase.OK, Ask.CANCEL, at + 2_000, state="cancelled", **named)


def _looked(number: int, claim: Claim, *, cancelled: bool) -> Iterator[Line]:
    at, named = claim.accepted_at + 9 * SECOND, {"claim_id": f"clm_{claim.id}"}
    yield _line(number, Phase.INVOKE, Ask.LOOK, at, account=claim.account, **named)
    told = {"state": "cancelled"} if cancelled else {"state": "issued", "code": _code(claim)}
    yield _line(number, Phase.OK, Ask.LOOK, at + 2_000, **named, **told)


def _code(claim: Claim) -> str:
    return grouped(mint(claim.id, 0, KEY).code)


def _line(call: int, phase: Phase, ask: Ask, at: int, **fields: object) -> Line:
    mono = (at - OPENING) / SECOND
    return Line(call=call, proc=f"p{call}", phase=phase, ask=ask, mono=mono, wall=at, **fields)  # type: ignore[arg-type]
