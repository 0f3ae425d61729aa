"""Durations counted by how long they were, in a memory that does not grow with their number."""

from collections.abc import Mapping

SHARES = (50, 95, 99)
BITS = 8
"""Leading bits of a duration that are kept: what is told is too long by 0.8 % at most."""


class Histogram:
    """How often each duration was seen; at most 128 counters for every doubling."""

    def __init__(self) -> None:
        """Count nothing yet."""
        self._counts: dict[int, int] = {}

    def add(self, seconds: float, times: int = 1) -> None:
        """Count a duration, in whole microseconds, as often as it was seen."""
        us = int(seconds * 1e6 + 0.5)
        shift = us.bit_length() - BITS
        # The last one that looks the same, so that nothing is ever told as shorter than it was.
        longest = us if shift <= 0 else us | (1 << shift) - 1
        self._counts[longest] = self._counts.get(longest, 0) + times

    def __len__(self) -> int:
        """Return how many durations were counted."""
        return sum(self._counts.values())

    @property
    def counters(self) -> int:
        """How many counters there are."""
        return len(self._counts)

    def percentiles_ms(self) -> Mapping[str, float]:
        """Return the percentiles in use by name, in milliseconds; nothing if none was counted."""
        total = len(self)
        # Whole numbers: 29 % of 100 values must not become 28.999999999999996 of them.
        ranks = {f"p{share}": -(-share * total // 100) for share in SHARES if total}
        return {name: self._ranked(rank) / 1_000 for name, rank in ranks.items()}

    def _ranked(self, rank: int) -> int:
        """Return the smallest duration that so many don't exceed."""
        seen = 0
        for us in sorted(self._counts):
            seen += self._counts[us]
            if seen >= rank:
                break
        return us
