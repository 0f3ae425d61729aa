"""The issuing rate of a campaign over all workers: how many claims may become coupons now.

The generic cell rate algorithm (ITU-T I.371, virtual scheduling): one number per rate, the
theoretical arrival time `tat`, says when the rate will be made up. Over every window of w
seconds at most `rate * w + burst` are issued.
"""

from dataclasses import dataclass

HOUR = 3_600_000_000
BURST_S = 0.2
"""The burst is what the rate gives in this time, and one claim at least."""
UNITS = {"s": 3_600, "m": 60, "h": 1}
HINT_S = 0.1
"""A hint carries what the rate gives in this time at most, and one claim at least."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Claims per hour, a whole number, so that arithmetic on it is exact."""

    per_hour: int

    @property
    def per_s(self) -> float:
        """Return claims per second."""
        return self.per_hour / 3_600

    @property
    def burst(self) -> int:
        """Return how many may be issued at once after a rest."""
        return max(1, int(self.per_s * BURST_S))

    @property
    def hint_max(self) -> int:
        """Return how many one hint may carry."""
        return max(1, int(self.per_s * HINT_S))

    def span(self, claims: int) -> int:
        """Return the microseconds in which the rate gives so many claims, rounded up."""
        return -(-claims * HOUR // self.per_hour)

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """Return the rate that Celery's syntax means: 500/s, 3000/m, 10000/h, or 500."""
        count, _, unit = text.partition("/")
        return cls(max(1, round(float(count) * UNITS[unit or "s"])))


@dataclass(frozen=True, slots=True)
class Pace:
    """The rate of a campaign and when it will be made up."""

    campaign: str
    rate: Rate
    tat: int

    def room(self, now: int) -> int:
        """Return how many claims may be issued at this moment."""
        ahead = max(self.tat, now) - now
        left = self.rate.span(self.rate.burst) - ahead
        return max(0, left * self.rate.per_hour // HOUR)

    def after(self, claims: int, now: int) -> int:
        """Return the `tat` once so many claims were issued."""
        return max(self.tat, now) + self.rate.span(claims)

    def free_at(self, now: int) -> int:
        """Return when a claim may be issued again, had this many been issued."""
        return max(now, self.tat - self.rate.span(self.rate.burst) + self.rate.span(1))


@dataclass(frozen=True, slots=True)
class Paced:
    """A rate that was made use of: its campaign, and the `tat` from here on."""

    campaign: str
    tat: int
