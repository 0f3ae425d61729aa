"""The Spring Festival campaign as it is shipped, with dates and a budget that fit the play."""

import tomllib
from dataclasses import dataclass

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
TERMS = (f"campaigns/{NAME}.toml", f"campaigns/{NAME}-demo.toml")
"""The festival, and what is quicker about it in a play."""
RATE_SHARE = 1.3
"""The issuing rate, as a share of the day's mean: below its peak, which is four times that."""
THRESHOLD_SHARE, RESUME_SHARE = 0.015, 0.4
"""The backlog that pauses, as a part of a day's issuing, and the share of it that resumes."""
THRESHOLD_MIN = 20
"""On a small day the opening rush leaves that much if the machine stands still for a moment."""


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast the festival may issue for a day of so many requests in so many seconds."""

    requests: int
    seconds: float

    def terms(self) -> dict[str, object]:
        """Return rate and thresholds as terms."""
        rate = max(1, round(self.requests / self.seconds * RATE_SHARE))
        threshold = max(THRESHOLD_MIN, round(rate * self.seconds * THRESHOLD_SHARE))
        return {
            "issuing_rate": f"{rate}/s",
            "backlog_threshold": threshold,
            "resume_threshold": round(threshold * RESUME_SHARE),
        }


def terms() -> dict[str, object]:
    """Return the festival's terms as they are played: from the wheel, or a checkout's `config`."""
    festival, changes = (tomllib.loads(shipped(name).read_text("utf-8")) for name in TERMS)
    return festival | changes


def per_user_limit() -> int:
    """Return how many coupons one person may have."""
    return int(str(terms()["per_user_limit"]))


def open_campaign(name: str, *, coupons: int, store: Truth, speed: Speed | None = None) -> Campaign:
    """Open the festival under a name, from now on and for a day, with this many coupons.

    `speed` says how fast it may issue; without one it issues as fast as it can.
    """
    now = store.now()
    usual = terms()
    changed: dict[str, object] = {
        "id": name,
        "budget": coupons * int(str(usual["coupon_value"])),
        "opens_at": spoken("now", now=now),
        "closes_at": spoken("+1d", now=now),
        "valid_until": spoken("+30d", now=now),
        **({} if speed is None else speed.terms()),
    }
    campaign = campaign_from_terms(usual | changed)
    store.add_account(campaign.owner, at=now)
    create(campaign, store=store, now=now, actor=ACTOR)
    return campaign


def caller_key(store: Truth, pepper: bytes) -> str:
    """Return a fresh key that may submit claims and look at them."""
    scopes = (Scope.CLAIM_WRITE, Scope.CLAIM_READ)
    return add_key(new_key(CALLER, scopes, pepper=pepper, now=store.now()), store=store)
