"""Issuing rates over all workers: how many claims may become coupons now.

The generic cell rate algorithm (ITU-T I.371, virtual scheduling): one number per rate, the
theoretical arrival time `tat`, says when the rate will be made up. Over every window of w
seconds at most `rate * w + burst` are issued.
"""

from dataclasses import dataclass, replace

HOUR = 3_600_000_000
BURST_S = 0.2
"""The burst is what the rate gives in this time, and BURST_MIN claims at least."""
BURST_MIN = 2
"""With one alone, whatever an offer takes on its way to a worker would be lost for good: at 5 a
second 80 % of the rate were made use of."""
UNITS = {"s": 3_600, "m": 60, "h": 1}
DIGITS_MAX = 12
"""Of a rate: more of them a second are no limit, and none that a store can hold."""
HINT_S = 0.1
"""A hint carries what the rate gives in this time at most, and one claim at least."""
RESERVE_S = 0.05
"""What the rate gives in this time is left to whoever has just come, below a share of its own."""
CLOCK_BACK = 1_000_000
"""Microseconds: what lies further ahead than a rate can owe was left by a clock set back."""
EVERY_KEY = ""
"""The limit key of a rate that is the whole campaign's."""
EVERYWHERE = "*"
"""The campaign of a rate that is the whole service's."""

RateScope = tuple[str, str]
"""Whose a rate is: a campaign, or EVERYWHERE, and a limit key of it, or EVERY_KEY."""
SERVICE_RATE: RateScope = (EVERYWHERE, EVERY_KEY)


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
        return max(BURST_MIN, int(self.per_s * BURST_S))

    @property
    def burst_span(self) -> int:
        """Return the microseconds in which the rate gives a burst: all that can be owed."""
        return self.span(self.burst)

    @property
    def hint_max(self) -> int:
        """Return how many one hint may carry."""
        return max(1, int(self.per_s * HINT_S))

    @property
    def reserve(self) -> int:
        """Return how much room is left to newcomers by those who have waited already."""
        return int(self.per_s * RESERVE_S)

    def span(self, claims: int) -> int:
        """Return the microseconds in which the rate gives so many claims, rounded up."""
        return -(-claims * HOUR // self.per_hour)

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """Return the rate that Celery's syntax means: 500/s, 3000/m, 10000/h, or 500.

        Raises ValueError with a sentence for anything else, nothing at all and far too much.
        """
        count, slash, unit = text.partition("/")
        digits = count.replace(".", "", 1)
        plain = digits.isascii() and digits.isdecimal() and len(count) <= DIGITS_MAX
        if not plain or not float(count) or (slash and unit not in UNITS):
            message = f"{text!r} is no rate such as 500/s, 3000/m or 10000/h"
            raise ValueError(message)
        return cls(max(1, round(float(count) * UNITS[unit or "s"])))

    def __str__(self) -> str:
        """Return the rate in Celery's syntax, in the largest unit that keeps it exact."""
        unit, per = next((u, p) for u, p in UNITS.items() if self.per_hour % p == 0)
        return f"{self.per_hour // per}/{unit}"


@dataclass(frozen=True, slots=True)
class Pace:
    """A rate, whose it is, and when what was made use of it will be made up."""

    scope: RateScope
    rate: Rate
    tat: int = 0

    def room(self, now: int) -> int:
        """Return how many claims may be issued at this moment."""
        left = self.rate.burst_span - self.ahead(now)
        return max(0, left * self.rate.per_hour // HOUR)

    def ahead(self, now: int) -> int:
        """Return the microseconds until all is made up.

        None for what nobody can owe: the store's clock was set back since. Waiting for it to
        come there again would be an outage; so each such step gives one burst at most.
        """
        ahead = max(0, self.tat - now)
        return ahead if ahead <= self.rate.burst_span + CLOCK_BACK else 0

    def after(self, claims: int, now: int) -> "Pace":
        """Return it once so many claims were issued."""
        return replace(self, tat=now + self.ahead(now) + self.rate.span(claims))

    def free_at(self, now: int) -> int:
        """Return when a claim may be issued again."""
        return now + max(0, self.ahead(now) - self.rate.burst_span + self.rate.span(1))

    def changed(self, rate: Rate, now: int) -> "Pace":
        """Return it with another rate from now on.

        What is to be made up stays the same number of claims, but for what exceeds the new
        burst: a rate that is lowered from 5,000 a second to 5 an hour must not stand still for
        the weeks in which 5 an hour make up for the last second. So a change may give one burst.
        """
        owed = min(-(-self.ahead(now) * self.rate.per_hour // HOUR), rate.burst)
        return replace(self, rate=rate, tat=now + rate.span(owed))
