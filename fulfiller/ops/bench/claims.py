"""Claims to measure with: a campaign with money enough, and a backlog put straight into it."""

from functools import partial
from secrets import token_bytes, token_hex

from fulfiller.clock import new_claim_id
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import ClaimId, Request
from fulfiller.domain.money import Money
from fulfiller.domain.outcome import Accepted
from fulfiller.domain.validity import DAY, Validity
from fulfiller.service.accept import accept
from fulfiller.service.create import create
from fulfiller.service.decide import Round
from fulfiller.wiring import Truth

OWNER = "bench"
VALUE = Money(2_500, "CNY")
COUPONS = 100_000_000
GROUP = 500


def open_campaign(name: str, *, store: Truth, issuing_rate: str | None = None) -> Campaign:
    """Open a campaign that won't run out of money: one coupon for each user, default stripes."""
    now = store.now()
    campaign = Campaign(
        id=name,
        owner=OWNER,
        value=VALUE,
        budget=COUPONS * VALUE.amount,
        opens_at=now - DAY,
        closes_at=now + DAY,
        zone="Asia/Shanghai",
        validity=Validity(days=30),
        issuing_rate=issuing_rate,
    )
    store.add_account(OWNER, at=now)
    create(campaign, store=store, now=now, actor=OWNER)
    return campaign


def preload(campaign: Campaign, claims: int, *, store: Truth) -> list[ClaimId]:
    """Accept claims of as many users in full groups, offered to nobody; return their ids."""
    ids: list[ClaimId] = []
    while len(ids) < claims:
        now = store.now()
        group = [_request(campaign.id) for _ in range(min(GROUP, claims - len(ids)))]
        circumstances = Round(now=now, new_id=partial(new_claim_id, now), start=len(ids) // GROUP)
        answers = accept(group, store=store, circumstances=circumstances)
        ids += [answer.claim.id for answer in answers if isinstance(answer, Accepted)]
    return ids


def _request(campaign: str) -> Request:
    return Request(
        account=OWNER,
        campaign=campaign,
        user=token_hex(8),
        key=token_hex(8),
        fingerprint=token_bytes(16),
    )
