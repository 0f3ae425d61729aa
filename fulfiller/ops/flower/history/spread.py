"""Spreads: how long waits were, counted by length, so that any number of them fits anywhere."""

from collections.abc import Iterable, Mapping
from math import ceil, exp2, log2

PER_OCTAVE = 8
"""Buckets between a length and twice as much: quantiles are right to within 5 %."""
Spread = Mapping[int, int]
"""Waits by bucket; bucket n ends at 2 ** (n / 8) milliseconds."""


def spread(waits_us: Iterable[int]) -> Spread:
    """Return waits in microseconds as a spread; below a millisecond all count alike."""
    counts: dict[int, int] = {}
    for wait_us in waits_us:
        bucket = ceil(PER_OCTAVE * log2(max(1.0, wait_us / 1_000)))
        counts[bucket] = counts.get(bucket, 0) + 1
    return counts


def joined(one: Spread, other: Spread) -> Spread:
    """Return both together."""
    if not (one and other):
        return one or other
    counts = dict(one)
    for bucket, count in other.items():
        counts[bucket] = counts.get(bucket, 0) + count
    return counts


def quantile_s(waits: Spread, share: float) -> float | None:
    """Return the seconds within which this share of them waited, None if nobody did."""
    wanted = share * sum(waits.values())
    seen = 0
    for bucket in sorted(waits):
        seen += waits[bucket]
        if seen >= wanted:
            return exp2((bucket - 0.5) / PER_OCTAVE) / 1_000
    return None
