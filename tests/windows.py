"""Judging a rate by what was issued when, over every window at once."""

from collections.abc import Iterable

from fulfiller.domain.pace import HOUR, Rate


def beyond(instants: Iterable[int], rate: Rate) -> float:
    """Return how many claims the fullest window holds beyond `rate * w + burst`; 0 if none does.

    A bucket that leaks at the rate and gets one claim at each instant is never fuller than the
    worst of all windows that end there (the leaky bucket as a meter, ITU-T I.371).
    """
    level, last, fullest = 0.0, 0, 0.0
    for at in sorted(instants):
        level = max(0.0, level - (at - last) * rate.per_hour / HOUR) + 1
        last, fullest = at, max(fullest, level)
    # A microsecond's rounding of each instant is no breach.
    return max(0.0, fullest - rate.burst - rate.per_hour / HOUR)
