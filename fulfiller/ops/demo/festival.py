"""The Spring Festival campaign as it is shipped, with dates and a budget that fit the play."""

import tomllib

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.key import Scope
from fulfiller.domain.terms import campaign_from_terms
from fulfiller.ops.keys import add_key, new_key
from fulfiller.ops.moments import spoken
from fulfiller.ops.shipped import shipped
from fulfiller.service.create import create
from fulfiller.wiring import Truth

NAME = "spring-festival"
REHEARSAL = "rehearsal"
CALLER = "chatbot"
"""The account that sends the claims."""
ACTOR = "demo"


def terms() -> dict[str, object]:
    """Return the festival's terms: from the wheel, or from `config` in a checkout."""
    return tomllib.loads(shipped(f"campaigns/{NAME}.toml").read_text("utf-8"))


def per_user_limit() -> int:
    """Return how many coupons one person may have."""
    return int(str(terms()["per_user_limit"]))


def open_campaign(name: str, *, coupons: int, store: Truth) -> Campaign:
    """Open the festival under a name, from now on and for a day, with this many coupons."""
    now = store.now()
    usual = terms()
    changed: dict[str, object] = {
        "id": name,
        "budget": coupons * int(str(usual["coupon_value"])),
        "opens_at": spoken("now", now=now),
        "closes_at": spoken("+1d", now=now),
        "valid_until": spoken("+30d", now=now),
    }
    campaign = campaign_from_terms(usual | changed)
    store.add_account(campaign.owner, at=now)
    create(campaign, store=store, now=now, actor=ACTOR)
    return campaign


def caller_key(store: Truth, pepper: bytes) -> str:
    """Return a fresh key that may submit claims and look at them."""
    scopes = (Scope.CLAIM_WRITE, Scope.CLAIM_READ)
    return add_key(new_key(CALLER, scopes, pepper=pepper, now=store.now()), store=store)
