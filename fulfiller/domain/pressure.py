"""External pressure: what those behind a campaign report of themselves, for a while."""

from collections.abc import Iterable
from dataclasses import dataclass

from fulfiller.domain.breaker import FULL_KEYS, Pressure

WHOLE = ""
"""The key of a report that speaks of a campaign as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A partner's word about itself: a campaign's merchant `limit_key`, or all of it.

    `pressure` is None for "all is well again"; it holds until `expires_at`, exclusive.
    """

    campaign: str
    limit_key: str
    pressure: Pressure | None
    reason: str
    account: str
    at: int
    expires_at: int


def pressure(reports: Iterable[Report], campaign: str, now: int) -> Pressure | None:
    """Return how a campaign is pressed: full if all of it is, or enough of its partners are.

    Anything less that is reported counts as slow.
    """
    mine = [r for r in reports if r.campaign == campaign and r.pressure and now < r.expires_at]
    full = [r for r in mine if r.pressure is Pressure.FULL]
    if any(r.limit_key == WHOLE for r in full) or len(full) >= FULL_KEYS:
        return Pressure.FULL
    return Pressure.SLOW if mine else None
