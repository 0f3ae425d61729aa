"""A campaign in a few words: what a test does not state is as in most tests."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.terms import campaign_from_terms
from fulfiller.domain.validity import moment

OWNER = "owner"
VALID_DAYS = 30
DAY_S = 86_400.0


def described(
    name: str, *, coupons: int, value: int, window_s: tuple[float, float], now: int
) -> dict[str, object]:
    """Return the usual terms of a campaign whose window is counted from now."""
    opens_s, closes_s = window_s
    return {
        "id": name,
        "owner": OWNER,
        "coupon_value": value,
        "currency": "CNY",
        "budget": coupons * value,
        "opens_at": _later(now, opens_s),
        "closes_at": _later(now, closes_s),
        "valid_days": VALID_DAYS,
    }


def campaign_of(usual: Mapping[str, object], stated: Mapping[str, object]) -> Campaign:
    """Return the campaign; what is stated wins over what is usual."""
    # A campaign is valid either until an instant or for days, so the one replaces the other.
    unsaid = {"valid_days": None} if "valid_until" in stated else {}
    return campaign_from_terms({**usual, **unsaid, **stated})


def _later(now: int, seconds: float) -> datetime:
    return moment(now) + timedelta(seconds=seconds)
