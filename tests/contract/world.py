"""A world for store tests: a campaign, people who ask, and a workshop that issues."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from threading import Lock
from typing import Any

from msgspec import structs

from fulfiller.clock import monotonic
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import Claim, ClaimId, OpenClaim, Request, Stage
from fulfiller.domain.code import CodeKey, mint
from fulfiller.domain.coupon import Coupon
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.money import Money
from fulfiller.domain.outcome import Accepted, Answer
from fulfiller.domain.stripe import Stripe
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import DAY, SECOND, Validity
from fulfiller.service.accept import accept
from fulfiller.service.create import create
from fulfiller.service.decide import Round
from fulfiller.service.issue import Press
from fulfiller.service.port import KeyBinding, StripeMove, Writes
from fulfiller.wiring import Truth

START = 1_770_339_600 * SECOND
KEY = CodeKey.derive(1, b"a secret of many bytes")
VALUE = 2_500
FESTIVAL = Campaign(
    id="festival",
    owner="owner",
    value=Money(VALUE, "CNY"),
    budget=VALUE * 10_000,
    opens_at=START - DAY,
    closes_at=START + DAY,
    zone="Asia/Shanghai",
    validity=Validity(days=30),
    per_user_limit=2,
    stripes=4,
)

Open = Callable[[], Truth]
"""Opens one more store object on the same truth, as another thread or process would."""

_numbers = count(1)
_latch = Lock()


def ticking() -> int:
    """Return an instant that moves on as real time does."""
    return START + int(monotonic() * SECOND)


def new_id() -> ClaimId:
    """Return an id that no other claim of this run has."""
    with _latch:
        return ClaimId(f"01900000-0000-7000-8000-{next(_numbers):012x}")


def found(store: Truth, **changes: Any) -> Campaign:
    """Create the festival, changed as said."""
    campaign = replace(FESTIVAL, **changes)
    assert create(campaign, store=store, now=START, actor="test")
    return campaign


def request(user: str, **changes: Any) -> Request:
    """Return what somebody asks for; the key is the user's name unless it is said."""
    usual = Request(
        account="shop", campaign="festival", user=user, key=user, fingerprint=user.encode()
    )
    return structs.replace(usual, **changes)


def ask(store: Truth, *requests: Request, start: int = 0) -> tuple[Answer, ...]:
    """Let the store's accept decide these requests as one group."""
    circumstances = Round(now=START, new_id=new_id, start=start)
    return accept(requests, store=store, circumstances=circumstances)


def taken_in(store: Truth, *users: str, **changes: Any) -> list[ClaimId]:
    """Accept a claim for each user and return their ids."""
    answers = ask(store, *(request(user, **changes) for user in users))
    return [answer.claim.id for answer in answers if isinstance(answer, Accepted)]


def press(store: Truth) -> Press:
    """Return what issuing takes."""
    return Press(store=store, key=KEY, now=lambda: START)


def claim(user: str, **changes: Any) -> Claim:
    """Return a claim as accept would write it."""
    usual = Claim(
        id=new_id(),
        campaign="festival",
        account="shop",
        user=user,
        grant="default",
        turn=0,
        slot=1,
        slot_turn=0,
        tier=Tier.P2,
        amount=VALUE,
        limit_key=None,
        locale=None,
        accepted_at=START,
    )
    return structs.replace(usual, **changes)


def opened(of: Claim, **changes: Any) -> OpenClaim:
    """Return the open row of a claim."""
    usual = OpenClaim(
        id=of.id,
        campaign=of.campaign,
        tier=of.tier,
        account=of.account,
        user=of.user,
        grant=of.grant,
        slot=of.slot,
        stripe=0,
        amount=of.amount,
        limit_key=of.limit_key,
        stage=Stage.ACCEPTED,
        ready_at=of.accepted_at,
        offered_at=None,
        attempts=0,
    )
    return structs.replace(usual, **changes)


def binding(of: Claim, key: str) -> KeyBinding:
    """Return a key that leads to a claim."""
    return KeyBinding(of.account, key, of.id, b"\x00\xff", START)


def coupon(of: Claim, **changes: Any) -> Coupon:
    """Return the coupon that issuing would write for a claim on stripe 0."""
    usual = Coupon(
        claim_id=of.id,
        campaign=of.campaign,
        account=of.account,
        stripe=0,
        tier=of.tier,
        amount=of.amount,
        key_id=1,
        salt=0,
        lookup=mint(of.id, 0, KEY).lookup,
        issued_at=START,
        valid_until=START + DAY,
    )
    return structs.replace(usual, **changes)


def event(*ids: ClaimId, **changes: Any) -> Event:
    """Return an event about claims of the festival."""
    usual = Event(
        at=START, campaign="festival", kind=Kind.CLAIM_ACCEPTED, tier=Tier.P2, ids=ids, actor="test"
    )
    return replace(usual, **changes)


def everything(store: Truth, *campaigns: str) -> tuple[object, ...]:
    """Return all that a transaction could have changed, for comparing before and after.

    Of these campaigns it is, or of the festival.
    """
    events = [entry.event for entry in store.unsealed(after=(0, 0), limit=100_000)]
    ids = {claim_id for one in events for claim_id in one.ids}
    of = campaigns or ("festival",)
    stripes = [_bare(stripe) for campaign in of for stripe in store.stripes(campaign)]
    return (events, dict(store.view(ids)), stripes, dict(store.modes()))


def sums(stripes: Sequence[Stripe]) -> dict[str, int]:
    """Return money and counts over all stripes, by name, leaving out zeros."""
    totals: dict[str, int] = {}
    for stripe in stripes:
        for purse, amount in stripe.money.items():
            totals[purse.value] = totals.get(purse.value, 0) + amount
        for (_, count_name), number in stripe.counts.items():
            totals[f"n_{count_name}"] = totals.get(f"n_{count_name}", 0) + number
    return {name: number for name, number in totals.items() if number}


def writes(of: Claim, *moves: StripeMove, **changes: Any) -> Writes:
    """Return a transaction that enters one claim, with its open row, key and event."""
    usual = Writes(
        claims=(of,),
        opened=(opened(of),),
        keys=(binding(of, of.user),),
        events=(event(of.id, amount=of.amount),),
        stripes=moves,
    )
    return replace(usual, **changes)


def _bare(stripe: Stripe) -> Stripe:
    """Return a stripe without its zeros, which a store may show or leave out."""
    return replace(
        stripe,
        money={purse: amount for purse, amount in stripe.money.items() if amount},
        counts={tally: number for tally, number in stripe.counts.items() if number},
    )


@contextmanager
def closing(open_one: Open) -> Iterator[Truth]:
    """Hand out one more store object and close it afterwards."""
    store = open_one()
    try:
        yield store
    finally:
        store.close()
