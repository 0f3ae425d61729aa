"""The mode of a campaign or of the whole service, beside it the switch `held`.

A paused campaign admits nobody and goes on issuing; a held one stops issuing. Either way
people keep their place and their money stays reserved.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from fulfiller.domain.breaker import Breaker, Forced, Mode, Reading, share

SERVICE = "*"
"""The scope of the one mode that overrides every campaign's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """What the keeper last saw of a scope: the reading, and the numbers it is judged by.

    `threshold` and `resume_at` are claims, as they are in effect; `rate_low` and `rate_high`
    bound the issuing rate of late, in claims per second.
    """

    at: int
    reading: Reading
    threshold: int | None = None
    resume_at: int | None = None
    rate_low: float | None = None
    rate_high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeRow:
    """A scope's mode as stored.

    `generation` moves with every decision about the mode and guards every accept;
    `money_generation` moves when money comes back to a campaign that was `exhausted`, and
    wakes who cached "sold out". `hold` says who switched issuing off, why, and until when;
    `switched_at` when the switch was last moved.
    """

    scope: str
    mode: Mode = Mode.FLOWING
    held: bool = False
    exhausted: bool = False
    generation: int = 0
    money_generation: int = 0
    since: int = 0
    cause: str | None = None
    breaker: Breaker | None = None
    hold: Forced | None = None
    switched_at: int = 0
    gauge: Gauge | None = None

    @property
    def state(self) -> Breaker:
        """Return the breaker, which has nothing to tell before its first move."""
        return self.breaker or Breaker(mode=self.mode, since=self.since)


def guard(modes: Mapping[str, ModeRow], campaign: str) -> int:
    """Return the number that changes whenever the campaign's or the service's mode moves.

    Generations only grow, so an equal sum means that neither moved.
    """
    return modes[campaign].generation + modes[SERVICE].generation


def held(modes: Mapping[str, ModeRow], campaign: str) -> bool:
    """Return whether issuing is stopped, for this campaign or for all."""
    return modes[campaign].held or modes[SERVICE].held


def flowing(modes: Mapping[str, ModeRow], campaign: str) -> bool:
    """Return whether both the campaign and the service admit freely."""
    return ruling(modes, campaign).mode is Mode.FLOWING


def ruling(modes: Mapping[str, ModeRow], campaign: str) -> ModeRow:
    """Return the row that decides: the service's unless it flows; a pause before a ramp."""
    own, service = modes[campaign], modes[SERVICE]
    rank = {Mode.FLOWING: 0, Mode.RAMPING: 1, Mode.PAUSED: 2}
    return service if rank[service.mode] > rank[own.mode] else own


def admitted_share(modes: Mapping[str, ModeRow], campaign: str, now: int) -> float:
    """Return how much of its pace a campaign may admit: the lesser of its own and the service's."""
    return min(share(modes[scope].state, now) for scope in (campaign, SERVICE))
