"""Door limits: whether somebody may ask once more now, as a token bucket with a burst.

It is the generic cell rate algorithm, which keeps one number per bucket: the theoretical
arrival time `tat`, the instant at which the bucket will be full again. Somebody unknown has the
tat 0. All times are whole nanoseconds of one clock. Over every window of w seconds at most
`rate * w + burst` are let in, and whoever is refused has nothing to pay for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from fulfiller.domain.pace import HOUR, Rate

SECOND = 1_000_000_000
HOUR_NS = HOUR * 1_000
DEBT_MAX = 16
"""Bursts that a bucket may owe: so many doors may each let one in before they hear of it."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many may come at once; the time in which one place is filled again, and in which all."""

    burst: int
    each: int
    span: int

    @classmethod
    def of(cls, rate: Rate, burst: int) -> "Bucket":
        """Return the bucket of a rate."""
        each = -(-HOUR_NS // rate.per_hour)
        return cls(burst, each, burst * each)

    def taken(self, tat: int, now: int) -> int | None:
        """Return the tat after one more was let in; None if it must be refused."""
        # On the way of each claim, and four times as fast as `max`.
        later = (tat if tat > now else now) + self.each  # noqa: FURB136 - see above
        return later if later - now <= self.span else None

    def standing(self, tat: int, now: int) -> tuple[int, int]:
        """Return how many may come at this moment, and the time until one more may than now.

        The latter is 0 if the bucket is full.
        """
        ahead = tat - now
        if ahead <= 0:
            return self.burst, 0
        owed, rest = divmod(ahead - 1, self.each)
        left = self.burst - owed - 1
        return (left, rest + 1) if left >= 0 else (0, ahead - self.span + self.each)

    def charged(self, tat: int, at: int) -> int:
        """Return the tat after another door let one in at an instant, which nobody can refuse.

        What can be owed is bounded, so that no mistake elsewhere locks anybody out for long.
        """
        later = max(tat, at) + self.each
        return min(later, max(tat, at + DEBT_MAX * self.span))


@dataclass(frozen=True, slots=True)
class News:
    """What another door told, so many nanoseconds ago: by limit, digests of whom it let in."""

    age: int
    let_in: Mapping[str, bytes]
