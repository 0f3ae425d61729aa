"""Door limits: whether somebody may ask once more now, as a token bucket with a burst.

It is the generic cell rate algorithm, which keeps one number per bucket: the theoretical
arrival time `tat`, the instant at which the bucket will be full again. Somebody unknown has the
tat 0. All times are whole nanoseconds of one clock. Over every window of w seconds at most
`rate * w + burst` are let in, and whoever is refused has nothing to pay for it.
"""

from dataclasses import dataclass

from fulfiller.domain.pace import HOUR, Rate

SECOND = 1_000_000_000
HOUR_NS = HOUR * 1_000


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many may come at once, and the time in which one place is filled again."""

    burst: int
    each: int

    @classmethod
    def of(cls, rate: Rate, burst: int) -> "Bucket":
        """Return the bucket of a rate."""
        return cls(burst, -(-HOUR_NS // rate.per_hour))

    @property
    def span(self) -> int:
        """Return the time in which an empty bucket fills."""
        return self.burst * self.each

    def taken(self, tat: int, now: int) -> int | None:
        """Return the tat after one more was let in; None if it must be refused."""
        later = max(now, tat) + self.each
        return later if later - now <= self.burst * self.each else None

    def left(self, tat: int, now: int) -> int:
        """Return how many may come at this moment."""
        ahead = tat - now
        return self.burst if ahead <= 0 else max(0, self.burst - -(-ahead // self.each))

    def next_in(self, tat: int, now: int) -> int:
        """Return the time until one more may come than now; 0 if the bucket is full."""
        ahead = tat - now
        if ahead <= 0:
            return 0
        over = ahead - self.span + self.each
        return over if over > 0 else (ahead - 1) % self.each + 1

    def shared(self, tat: int, now: int, ahead: int, since: int) -> int:
        """Return the tat that agrees with what all doors together have let in.

        `ahead` is how far ahead of now their common tat lies, and `since` what was let in here
        that they don't know of yet. What is known here is never forgotten.
        """
        return max(tat, now + ahead + since * self.each)
