"""Spreading: a caller's own backlog cut into small parts, each with its turn in a span of time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, isfinite

from fulfiller.client.result import NewClaim

PARTS_PER_S = 4
"""Parts that a second is cut into: smoother than that is no relief to anybody."""
JITTER = 0.5
"""The part of its turn by which a part may be late: callers of one clock must not march in step."""


@dataclass(slots=True)
class Turns:
    """When parts are due, in seconds of some clock; what came late is spread over what is left."""

    turn_at: float
    end_at: float
    left: int

    def due(self, claims: int, jitter: float) -> float:
        """Return when a part of so many claims is due; `jitter` is 0 to 1."""
        return self.turn_at + JITTER * jitter * self._length(claims)

    def done(self, claims: int, now: float) -> None:
        """Note that a part was sent, and may have taken longer than its turn."""
        self.turn_at = max(self.turn_at + self._length(claims), now)
        self.left -= claims

    def _length(self, claims: int) -> float:
        return max(0.0, self.end_at - self.turn_at) * claims / self.left


def parts(claims: Sequence[NewClaim], spread_s: float) -> Iterator[Sequence[NewClaim]]:
    """Yield parts of claims that are alike in size; without a span all of them in one.

    Raises ValueError for a span that is no number of seconds, 0 or more.
    """
    if not (isfinite(spread_s) and spread_s >= 0):
        message = f"spread_s: write seconds, 0 or more, not {spread_s!r}"
        raise ValueError(message)
    number = min(len(claims), max(1, ceil(spread_s * PARTS_PER_S)))
    for part in range(number):
        yield claims[part * len(claims) // number : (part + 1) * len(claims) // number]
