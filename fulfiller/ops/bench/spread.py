"""Statistics: percentiles of one run, and the spread of a figure over runs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

SHARES = (50, 95, 99)


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over several runs: the median, and how far the runs lay apart."""

    median: float
    low: float
    high: float


def spread(values: Iterable[float]) -> Spread | None:
    """Return the spread of a figure; None without any value."""
    known = list(values)
    return Spread(median(known), min(known), max(known)) if known else None


def percentile(ordered: Sequence[float], share: int) -> float:
    """Return the smallest of these ascending values that `share` percent don't exceed."""
    # Whole numbers: 29 % of 100 values must not become 28.999999999999996 of them.
    rank = -(-share * len(ordered) // 100)
    return ordered[max(0, rank - 1)]


def percentiles(values: Iterable[float]) -> dict[str, float]:
    """Return the percentiles in use by name, such as `p95`; nothing without any value."""
    ordered = sorted(values)
    return {f"p{share}": percentile(ordered, share) for share in SHARES if ordered}
