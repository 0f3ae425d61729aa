"""How the budget goes: what is left, how fast it is promised, and when it will be used up."""

from collections.abc import Sequence
from dataclasses import dataclass

from fulfiller.domain.validity import SECOND
from fulfiller.ops.flower.history.sample import Sample

LATELY = 300 * SECOND
"""Microseconds over which it is told how fast something goes."""
AT_ONCE = 10 * SECOND


@dataclass(frozen=True, slots=True)
class Burn:
    """Money left in minor units, what is promised of it per second of late, and when it ends.

    `per_s` is None while too little is known, `ends_at` while nothing is promised. `over` are the
    microseconds that were looked at: less than LATELY for who has only begun to look.
    """

    left: int
    per_s: float | None
    ends_at: int | None
    over: int = 0


def burn(samples: Sequence[Sample], left: int, now: int) -> Burn:
    """Return where the budget goes if it goes on as it did lately."""
    known = [each for each in samples if each.levels is not None and each.at >= now - LATELY]
    if len(known) < 2:
        return Burn(left, None, None)
    first, last = known[0], known[-1]
    span_s = (last.at - first.at) / SECOND
    if not (first.levels and last.levels and span_s):
        return Burn(left, None, None)
    # Money that comes back is no reason to expect more of it.
    per_s = max(0.0, (first.levels.available - last.levels.available) / span_s)
    ends_at = now + int(left / per_s * SECOND) if per_s and left else None
    return Burn(left, per_s, ends_at, last.at - first.at)


def issued_per_s(samples: Sequence[Sample], now: int) -> float | None:
    """Return the coupons issued per second in the last ten seconds, None if unknown."""
    lately = _lately(samples, now)
    if len(lately) < 2:
        return None
    span_s = (lately[-1].at - lately[0].at) / SECOND
    return (lately[-1].totals[1] - lately[0].totals[1]) / span_s if span_s else None


def refused_per_s(samples: Sequence[Sample], now: int) -> float | None:
    """Return the claims refused per second in the last ten seconds, None if unknown."""
    lately = [each for each in _lately(samples, now) if each.refused is not None]
    if len(lately) < 2:
        return None
    span_s = (lately[-1].at - lately[0].at) / SECOND
    refused = (lately[-1].refused or 0) - (lately[0].refused or 0)
    return max(0.0, refused / span_s) if span_s else None


def _lately(samples: Sequence[Sample], now: int) -> list[Sample]:
    return [each for each in samples if each.at >= now - AT_ONCE - SECOND]
