"""A backlog put straight into the store of a stack, and when its coupons were issued."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from secrets import token_bytes, token_hex

from fulfiller.clock import new_claim_id
from fulfiller.domain.claim import Request
from fulfiller.domain.outcome import Accepted
from fulfiller.domain.tier import Tier
from fulfiller.service.accept import accept
from fulfiller.service.decide import Round
from fulfiller.store.sqlstore import SqlStore
from fulfiller.store.statement import Call, statement
from fulfiller.wiring import Truth

GROUP = 500
ISSUED = statement(
    "select coupon.tier, coupon.account, claim.accepted_at, coupon.issued_at from coupon"
    " join claim on claim.claim_id = coupon.claim_id where coupon.campaign = {campaign:text}"
    " order by coupon.issued_at"
)


@dataclass(frozen=True, slots=True)
class Story:
    """Of one coupon: its tier, whose it is, and when its claim came and it was issued."""

    tier: Tier
    account: str
    accepted_at: int
    issued_at: int

    @property
    def waited(self) -> int:
        """Return the microseconds between the two."""
        return self.issued_at - self.accepted_at


def pile(
    truth: Truth, campaign: str, claims: int, *, account: str = "caller", tier: Tier = Tier.P2
) -> None:
    """Accept claims of as many users in full groups, offered to nobody."""
    for start in range(0, claims, GROUP):
        now = truth.now()
        group = [_request(campaign, account, tier) for _ in range(min(GROUP, claims - start))]
        how = Round(now=now, new_id=partial(new_claim_id, now), start=start // GROUP)
        answers = accept(group, store=truth, circumstances=how)
        assert all(isinstance(answer, Accepted) for answer in answers), answers[0]


def issued(truth: Truth, campaign: str) -> Sequence[Story]:
    """Return the stories of a campaign's coupons in the order of issuing."""
    assert isinstance(truth, SqlStore)
    (found,) = truth.link.read((Call(ISSUED, {"campaign": campaign}),))
    return [Story(Tier(int(str(t))), str(a), int(str(c)), int(str(i))) for t, a, c, i in found]


def _request(campaign: str, account: str, tier: Tier) -> Request:
    return Request(
        account=account,
        campaign=campaign,
        user=token_hex(8),
        key=token_hex(8),
        fingerprint=token_bytes(16),
        tier=tier,
    )
