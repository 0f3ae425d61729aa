"""How long somebody will wait: a range with its basis, never a number that can't be kept."""

from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

STEPS_S = (
    *(1, 2, 5, 10, 15, 20, 30, 45),
    *(60 * minutes for minutes in (1, 2, 3, 5, 10, 15, 20, 30, 45)),
    *(3600 * hours for hours in (1, 1.5, 2, 3, 4, 6, 8, 12, 18, 24)),
)
"""The waits that people say; an upper end is rounded up to one of them."""


class Basis(StrEnum):
    """What an estimate rests on."""

    MEASURED = "measured"
    PLANNED = "planned"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A range in seconds; `high_s` is None while nobody can promise an upper end."""

    low_s: float
    high_s: float | None
    basis: Basis


def rounded_up(seconds: float) -> float:
    """Return the next wait that people say; beyond a day, whole days."""
    if seconds > STEPS_S[-1]:
        return -(-seconds // 86_400) * 86_400.0
    return float(STEPS_S[bisect_left(STEPS_S, seconds)])


SHIFT_S = 0.5
"""From admission to coupon when nothing stands in the way: release, task, commit."""
MARGIN = 1.15
"""What an upper end is told on top: it has to be kept."""
POLL_S = (5.0, 900.0)
PLACES_SAID = 3
"""Significant digits of a place in line: more would pretend to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What stands between a claim and its coupon.

    `ahead` are the claims that are admitted before it, those of other tiers weighed;
    `backlog` those that are admitted already. `rate_low` and `rate_high` bound the issuing
    rate, claims per second. `pause_s` is what is left of the pause, None if nobody knows, and
    `late_s` by how much that may be late; the ramp behind it takes `ramp_s` and is
    `ramp_done_s` seconds old.
    """

    ahead: int
    backlog: int
    rate_low: float | None
    rate_high: float | None
    pause_s: float | None = 0.0
    ramp_s: float = 0.0
    ramp_done_s: float = 0.0
    ramp_from: float = 1.0
    late_s: float = 0.0
    basis: Basis = Basis.MEASURED


def estimate(prospect: Prospect) -> Wait:
    """Return how long a claim waits: never less than can be kept, rounded as people say it."""
    low, high = prospect.rate_low, prospect.rate_high
    pause_s = prospect.pause_s
    if not low or not high or pause_s is None:
        return Wait(low_s=float(round(pause_s or 0.0)), high_s=None, basis=Basis.UNKNOWN)
    soonest = _served_s(prospect, pause_s, high)
    latest = _served_s(prospect, pause_s + prospect.late_s, low)
    return Wait(
        low_s=float(int(soonest)),
        high_s=rounded_up(latest * MARGIN),
        basis=prospect.basis,
    )


def poll_after_s(wait: Wait) -> float:
    """Return when to look again: an eighth of the wait, so that a crowd does not become a load."""
    longest = wait.low_s if wait.high_s is None else wait.high_s
    return round(min(max(longest / 8, POLL_S[0]), POLL_S[1]), 1)


def said_place(place: int) -> int:
    """Return a place in line as it is told: exact up to a thousand, else three digits."""
    digits = len(str(place)) - PLACES_SAID
    return place if digits <= 0 else round(place, -digits)


def _served_s(prospect: Prospect, pause_s: float, rate: float) -> float:
    """Return the seconds at one rate: whichever takes longer, the work before it or its turn."""
    work_s = (prospect.ahead + prospect.backlog) / rate
    turn_s = pause_s + _ramped_s(prospect.ahead / rate, prospect)
    return max(work_s, turn_s) + SHIFT_S


def _ramped_s(full_s: float, prospect: Prospect) -> float:
    """Return how long what takes `full_s` at full pace takes while the pace still grows.

    The share of the pace is a + (1 - a) t / T at t seconds of a ramp of T from a; what is
    admitted by then is its integral, solved for t.
    """
    start, whole = prospect.ramp_from, prospect.ramp_s
    if whole <= 0 or start >= 1:
        return full_s
    done = min(prospect.ramp_done_s, whole)
    slope = (1 - start) / whole
    wanted = full_s + start * done + slope * done**2 / 2
    if wanted >= whole * (1 + start) / 2:
        return whole - done + wanted - whole * (1 + start) / 2
    return (sqrt(start**2 + 2 * slope * wanted) - start) / slope - done
