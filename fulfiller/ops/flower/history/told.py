"""What newcomers are told of their wait, moment by moment, to be held against how long it was.

It is worked out as an intake does it, from the same reading of the store; an intake reads four
times a second, and Flower each second, or every five while nobody looks: in between it is taken to
have changed evenly.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct

from fulfiller.domain.campaign import Campaign, Phase, phase
from fulfiller.domain.claim import dated
from fulfiller.domain.estimate import Wait
from fulfiller.domain.event import Event
from fulfiller.domain.stripe import Count
from fulfiller.domain.tier import Tier
from fulfiller.service.helm import Survey
from fulfiller.service.outlook import wait_of

STEPS_MAX = 4_000
"""Points that are remembered, 96 kB of a tier."""
NEARER = 0.5
STEPS_FINE = 1_000
"""Of them the newest, which stay as they are when older ones are thinned out."""
AGES_MAX = 64
"""Claims of an event that are looked at: one of 1,000 needs no more."""
SECOND = 1_000_000
NO_END = float("inf")
Column = TypeVar("Column", "array[int]", "array[float]")
Range = tuple[float, float]
"""At least and at most so many seconds; infinite where no end was told."""


class Kept(Struct, frozen=True, gc=False):
    """Claims with a coupon that had been told an end of their wait, and how many kept to it.

    `low_s` and `high_s` are sums of what they had been told.
    """

    judged: int = 0
    kept: int = 0
    low_s: float = 0.0
    high_s: float = 0.0


UNJUDGED = Kept()


class Told:
    """What was told in one tier of a campaign, as points; in between it changed evenly."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._at: array[int] = array("q")
        self._lows: array[float] = array("d")
        self._highs: array[float] = array("d")
        self._seen = 0

    def note(self, at: int, wait: Wait) -> None:
        """Remember what is told at an instant; while it stays the same, two points are enough."""
        told = (wait.low_s, NO_END if wait.high_s is None else wait.high_s)
        if at <= self._seen:
            return
        if self._at and (self._lows[-1], self._highs[-1]) == told:
            self._seen = at
            return
        if self._seen and self._seen > self._at[-1]:
            self._add(self._seen, (self._lows[-1], self._highs[-1]))
        self._add(at, told)
        self._seen = at

    def at(self, instant: int) -> Range | None:
        """Return what was told at an instant, None if that is not known."""
        place = bisect_right(self._at, instant) - 1
        if place < 0:
            return None
        before = (self._lows[place], self._highs[place])
        if place + 1 == len(self._at):
            return before
        after = (self._lows[place + 1], self._highs[place + 1])
        part = (instant - self._at[place]) / (self._at[place + 1] - self._at[place])
        if NO_END in (before[1], after[1]):
            return after if part > NEARER else before
        low, high = (one + part * (other - one) for one, other in zip(before, after, strict=True))
        return low, high

    def _add(self, at: int, told: Range) -> None:
        self._at.append(at)
        self._lows.append(told[0])
        self._highs.append(told[1])
        if len(self._at) > STEPS_MAX:
            self._at = _thinned(self._at)
            self._lows, self._highs = _thinned(self._lows), _thinned(self._highs)

    def __len__(self) -> int:
        """Return how many points are remembered."""
        return len(self._at)


def _thinned(column: Column) -> Column:
    """Return a column with every second one of its older steps."""
    return column[:-STEPS_FINE:2] + column[-STEPS_FINE:]


def newcomers_wait(campaign: Campaign, survey: Survey, tier: Tier) -> Wait | None:
    """Return what somebody is told who comes now and has to wait; None if nobody is taken in."""
    exhausted = survey.modes[campaign.id].exhausted
    if phase(campaign, now=survey.now, exhausted=exhausted) is not Phase.ACTIVE:
        return None
    ahead = survey.sums[campaign.id].get((tier, Count.WAITLISTED), 0)
    return wait_of(campaign, survey, tier=tier, ahead=ahead, now=survey.now)


def judged(event: Event, told: Callable[[int], Range | None]) -> Kept:
    """Return how what an event's claims had been told compares with how long they waited."""
    every, came_at = dates(event)
    kept = UNJUDGED
    for came in came_at:
        span = told(came)
        if span is not None and span[1] != NO_END:
            in_time = event.at - came <= span[1] * SECOND
            kept = added(kept, Kept(every, every * in_time, every * span[0], every * span[1]))
    return kept


def added(one: Kept, other: Kept) -> Kept:
    """Return both together."""
    if not (one.judged and other.judged):
        return one if one.judged else other
    return Kept(
        one.judged + other.judged,
        one.kept + other.kept,
        one.low_s + other.low_s,
        one.high_s + other.high_s,
    )


def dates(event: Event) -> tuple[int, list[int]]:
    """Return when claims of an event came, and for how many each date stands."""
    every = -(-len(event.ids) // AGES_MAX) or 1
    return every, [dated(each) for each in event.ids[::every]]
