"""Turns: who is served next among those who wait, each by its weight; and which tier.

Stride scheduling (Waldspurger and Weihl 1995): whoever is served moves ahead by what it got,
divided by its weight, and the one who is furthest behind is next. Nobody saves up turns while
it does not wait or can't be served.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from fulfiller.domain.campaign import TierTerms
from fulfiller.domain.tier import Tier


class Sortable(Protocol):
    """Whatever has an order."""

    def __lt__(self, other: Any, /) -> bool:
        """Return whether this comes first."""


Who = TypeVar("Who", bound=Sortable)
URGENT_EVERY = 4
"""One turn in so many is the most urgent tier's, whatever the weights."""
LATE = 0.5
"""The part of its longest wait after which a tier is urgent."""
GUARANTEED = 1 - 1 / URGENT_EVERY
"""The part of all turns that goes by weight, however late others are."""
SECOND = 1_000_000


@dataclass(slots=True)
class Turns(Generic[Who]):
    """Whose turn it is, among any who wait."""

    passes: dict[Who, float] = field(default_factory=dict)
    reached: float = 0.0

    def next(self, waiting: Collection[Who]) -> Who:
        """Return who is furthest behind; among equals the first in order."""
        for who in waiting:
            self.passes[who] = max(self.passes.get(who, 0.0), self.reached)
        first = min(sorted(waiting), key=self.passes.__getitem__)
        self.reached = self.passes[first]
        return first

    def pay(self, who: Who, got: float) -> None:
        """Note what somebody got, divided by its weight."""
        self.passes[who] = self.passes.get(who, 0.0) + got


@dataclass(slots=True)
class TierTurns:
    """Which tier of a campaign is served next: by weight, and now and then the most urgent."""

    turns: Turns[Tier] = field(default_factory=Turns)
    number: int = 0

    def next(self, ages: Mapping[Tier, int], tiers: Mapping[Tier, TierTerms]) -> Tier:
        """Return a tier of these, given how long the oldest claim of each waits, in microseconds.

        At equal age a higher tier is the more urgent one, and never has the smaller weight.
        """
        self.number += 1
        fair = self.turns.next(ages.keys())
        pressing = {tier: urgency(age, tier, tiers) for tier, age in ages.items()}
        most = max(sorted(pressing), key=pressing.__getitem__)
        urgent = self.number % URGENT_EVERY == 0 and pressing[most] >= LATE
        return most if urgent else fair

    def pay(self, tier: Tier, claims: int, tiers: Mapping[Tier, TierTerms]) -> None:
        """Note how many claims of a tier were served."""
        self.turns.pay(tier, claims / weight(tier, tiers))


def weight(tier: Tier, tiers: Mapping[Tier, TierTerms]) -> int:
    """Return a tier's weight, which is no less than that of any tier below it."""
    return max(terms.weight for other, terms in tiers.items() if other >= tier)


def longest_wait_s(tier: Tier, tiers: Mapping[Tier, TierTerms]) -> int:
    """Return a tier's longest wait, which is no more than that of any tier below it."""
    return min(terms.longest_wait_s for other, terms in tiers.items() if other >= tier)


def urgency(age: int, tier: Tier, tiers: Mapping[Tier, TierTerms]) -> float:
    """Return which part of its longest wait a claim has waited."""
    return age / (longest_wait_s(tier, tiers) * SECOND)


def share(tier: Tier, tiers: Mapping[Tier, TierTerms]) -> float:
    """Return the part of what a campaign issues that a tier gets at least, if it needs it."""
    return GUARANTEED * weight(tier, tiers) / sum(weight(other, tiers) for other in tiers)
