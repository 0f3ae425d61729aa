"""How long somebody will wait: a range with its basis, never a number that can't be kept."""

from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum

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
