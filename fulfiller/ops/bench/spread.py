"""Statistics: the spread of a figure over runs."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median


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
