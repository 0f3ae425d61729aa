"""A campaign with readable defaults, for tests that care about one or two of its terms."""

from typing import Any

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.money import Money
from fulfiller.domain.validity import DAY, SECOND, Validity

OPENING = 1_770_339_600 * SECOND
"""6 February 2026, nine o'clock in Shanghai."""
VALUE = 2_500


def festival(**terms: Any) -> Campaign:
    """Return a campaign of a thousand coupons of 25 yuan, open for six days, but for `terms`."""
    usual: dict[str, Any] = {
        "id": "festival",
        "owner": "owner",
        "value": Money(VALUE, "CNY"),
        "budget": 1_000 * VALUE,
        "opens_at": OPENING,
        "closes_at": OPENING + 6 * DAY,
        "zone": "Asia/Shanghai",
        "validity": Validity(days=30),
        "stripes": 4,
    }
    return Campaign(**(usual | terms))
