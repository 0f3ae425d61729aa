"""The shape of the event's day: when its ten million claims came, over nine hours.

More than a million in less than three hours, two at about four, five at five, ten at nine: the
fifth hour brought three million, 2.7 times the average. Within an hour they came evenly, as
nobody knows better.
"""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

HOURS = 9
DAY_CLAIMS = 10_000_000
KNOWN = ((0, 0), (3, 1_000_000), (4, 2_000_000), (5, 5_000_000), (9, 10_000_000))
"""Hours since it began, and the claims that had come by then."""
HOUR_S = 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The event's day with so many claims, each stretch of it as many times faster as `scale`.

    A day of fewer claims is as much shorter, so that they come as fast: `scale` alone decides
    how many come in a second.
    """

    claims: int
    scale: float

    @property
    def length_s(self) -> float:
        """Return the seconds from the first claim to the last."""
        return HOURS * HOUR_S * self.claims / (DAY_CLAIMS * self.scale)

    @property
    def peak(self) -> float:
        """Return how many times the average comes in the densest hour."""
        return max(_rates()) * HOURS / DAY_CLAIMS

    def due(self, elapsed_s: float) -> int:
        """Return how many claims have come by then: all of them once the day is over."""
        hour = max(0.0, elapsed_s) / self.length_s * HOURS
        if hour >= HOURS:
            return self.claims
        place = bisect_right([at for at, _ in KNOWN], hour)
        (since, before), (until, after) = KNOWN[place - 1], KNOWN[place]
        come = before + (after - before) * (hour - since) / (until - since)
        return int(come * self.claims / DAY_CLAIMS)


def _rates() -> list[float]:
    """Return the claims an hour between what is known."""
    pairs = pairwise(KNOWN)
    return [(after - before) / (until - since) for (since, before), (until, after) in pairs]
