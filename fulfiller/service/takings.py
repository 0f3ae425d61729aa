"""What a group of requests takes from as it is decided: a campaign's money, and its line."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import Stage
from fulfiller.domain.outcome import Why
from fulfiller.domain.stripe import Count, Stripe, backlog, counted
from fulfiller.domain.tier import Tier


class Wallet:
    """What is left on a campaign's stripes while a group takes from it."""

    def __init__(self, available: list[int], value: int, start: int) -> None:
        """Begin with the stripe `start`, taken modulo their number; amounts in minor units."""
        self.available = available
        self.value = value
        self.stripe = start % len(available)

    def take(self) -> int | None:
        """Take one coupon's money and return the stripe it came from, or None if none has it."""
        for step in range(len(self.available)):
            stripe = (self.stripe + step) % len(self.available)
            if self.available[stripe] >= self.value:
                self.available[stripe] -= self.value
                self.stripe = stripe
                return stripe
        return None


class Line:
    """Who is in line at a campaign while a group joins: by tier, and the backlog."""

    def __init__(self, stripes: Sequence[Stripe], cap: int | None) -> None:
        """Count who is there already; `cap` is how many may wait, if there is an end to that."""
        self.waiting = {tier: counted(stripes, Count.WAITLISTED, tier) for tier in Tier}
        self.backlog = backlog(stripes)
        self.cap = cap

    @property
    def full(self) -> bool:
        """Return whether no place can be kept any more."""
        return self.cap is not None and sum(self.waiting.values()) >= self.cap

    def join(self, tier: Tier, stage: Stage) -> int | None:
        """Count one more; return how many wait before it, if it has to wait."""
        if stage is Stage.ACCEPTED:
            self.backlog += 1
            return None
        self.waiting[tier] += 1
        return self.waiting[tier] - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A campaign as a group of requests meets it: found out once, and then taken from.

    `closed` is why nobody can claim, if so; `flows` whether it admits freely; `ceiling` the
    backlog above which its breaker is to be tripped; `offered` the tiers that its intake
    publishes by itself.
    """

    campaign: Campaign
    closed: Why | None
    exhausted: bool
    flows: bool
    ceiling: float | None
    line: Line
    wallet: Wallet
    offered: Collection[Tier]

    def stage(self, tier: Tier) -> Stage | None:
        """Return where a newcomer stands, or None if the breaker has to be tripped first."""
        if not self.flows or self.line.waiting[tier]:
            return Stage.WAITLISTED
        over = self.ceiling is not None and self.line.backlog + 1 > self.ceiling
        return None if over else Stage.ACCEPTED
