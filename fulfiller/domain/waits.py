"""Waits from being taken in to the coupon, counted by length, as a histogram has them."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field

BOUNDS_S = (
    *(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
    *(10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0),
)
"""Seconds: from a claim at rest to one that waited for an hour in line."""
SECOND = 1_000_000


@dataclass(slots=True)
class Waits:
    """How many waits lay between the bounds, the last ones beyond all, and their sum."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    sum_ms: int = 0

    def add(self, waits_us: Iterable[int], each: int = 1) -> None:
        """Count waits in microseconds, each of them so many times; one at a bound lies below it."""
        for wait_us in waits_us:
            wait_us = max(0, wait_us)  # noqa: PLW2901 - clocks may differ by a little
            self.counts[bisect_left(BOUNDS_S, wait_us / SECOND)] += each
            self.sum_ms += each * wait_us // 1_000
