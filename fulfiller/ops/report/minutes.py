"""Minutes of a campaign: what happened in each, folded from what was counted; pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from fulfiller.domain.event import Kind
from fulfiller.store.course import MINUTE, Counted, Waited

STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 240, 720, 1_440)
"""Minutes that are taken together where there would be too many lines."""
LINES_MAX = 600
ENTERING = (Kind.CLAIM_ACCEPTED, Kind.CLAIM_WAITLISTED)
LEAVING = (Kind.CLAIM_ISSUED, Kind.CLAIM_DECLINED, Kind.CLAIM_CANCELLED)
REFUNDS = (Kind.CLAIM_DECLINED, Kind.CLAIM_CANCELLED, Kind.COUPON_REVOKED)
COURSE = frozenset(kind for kind in Kind if kind.startswith(("claim.", "mode.")))
"""What decides from when to when a campaign is shown; coupons are redeemed for weeks after."""


@dataclass(slots=True)
class Bin:
    """Some minutes from `at` on: claims by kind, and how long those waited who got a coupon.

    `opened` are the claims that are still to be done at its end, `left` is money that nobody
    has been promised then; both count from the beginning.
    """

    at: int
    claims: Counter[Kind] = field(default_factory=Counter)
    waits: Counter[int] = field(default_factory=Counter)
    opened: int = 0
    left: int = 0

    @property
    def entered(self) -> int:
        """Return how many claims came in."""
        return sum(self.claims[kind] for kind in ENTERING)

    def wait_s(self, share: float) -> float | None:
        """Return the wait that this share of those with a coupon did not exceed, None if none."""
        return percentile_s(self.waits, share)


@dataclass(slots=True)
class Minutes:
    """All minutes of a campaign, some of them taken together, and the sums over all."""

    step: int
    bins: Sequence[Bin]
    claims: Counter[Kind]
    amounts: Counter[Kind]
    waits: Counter[int]

    @property
    def begins(self) -> int:
        """Return when the first one begins."""
        return self.bins[0].at

    @property
    def ends(self) -> int:
        """Return when the last one is over."""
        return self.bins[-1].at + self.step * MINUTE


def folded(counted: Iterable[Counted], waited: Iterable[Waited], budget: int) -> Minutes | None:
    """Return the minutes of a campaign, None if no claim ever came in."""
    found: dict[int, Bin] = {}
    claims, amounts = Counter[Kind](), Counter[Kind]()
    opened, left = 0, budget
    for minute, entries in groupby(counted, lambda each: each.minute):
        here = Bin(minute * MINUTE)
        for each in entries:
            here.claims[each.kind] += each.claims
            claims[each.kind] += each.claims
            amounts[each.kind] += each.amount
            opened += each.claims * ((each.kind in ENTERING) - (each.kind in LEAVING))
            left += each.amount * ((each.kind in REFUNDS) - (each.kind in ENTERING))
        here.opened, here.left = opened, left
        found[minute] = here
    if not any(claims[kind] for kind in ENTERING):
        return None
    shown = [minute for minute, each in found.items() if COURSE & each.claims.keys()]
    step = _step(shown[-1] - shown[0] + 1)
    waits = _waiting(found, waited)
    bins = list(_together(found, shown[0] // step * step, shown[-1], step, budget))
    return Minutes(step, bins, claims, amounts, waits)


def percentile_s(waits: Counter[int], share: float) -> float | None:
    """Return the smallest wait that this share does not exceed, in seconds; None of none."""
    rank, seen = share * waits.total(), 0
    for wait in sorted(waits):
        seen += waits[wait]
        if seen >= rank:
            return wait / 1e6
    return None


def _step(span: int) -> int:
    return next((step for step in STEPS if span <= step * LINES_MAX), -(-span // LINES_MAX))


def _waiting(found: dict[int, Bin], waited: Iterable[Waited]) -> Counter[int]:
    """Put the waits into their minutes, and return all of them."""
    waits = Counter[int]()
    for each in waited:
        waits[each.wait] += each.claims
        if each.minute in found:
            found[each.minute].waits[each.wait] += each.claims
    return waits


def _together(
    found: dict[int, Bin], first: int, last: int, step: int, budget: int
) -> Iterator[Bin]:
    """Yield bins without gaps: where nothing happened, what was open stays so."""
    opened, left = 0, budget
    for minute in range(first, last + 1, step):
        here = Bin(minute * MINUTE, opened=opened, left=left)
        for each in filter(None, map(found.get, range(minute, minute + step))):
            here.claims += each.claims
            here.waits += each.waits
            here.opened, here.left = each.opened, each.left
        opened, left = here.opened, here.left
        yield here
