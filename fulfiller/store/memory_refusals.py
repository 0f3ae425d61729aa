"""Refusals: that part of the in-memory store."""

from collections.abc import Mapping

from fulfiller.service.refused import Turned
from fulfiller.store.memory_roster import MemoryRoster

GONE = ""


class MemoryRefusals(MemoryRoster):
    """What intakes tell of whom they refused."""

    def tell_refusals(self, intake: str, counts: Mapping[Turned, int]) -> None:
        """Store what an intake has refused so far, in place of what it told before."""
        with self._latch:
            for (campaign, code), refused in counts.items():
                if campaign in self.shelves.campaigns:
                    self.shelves.refusals[campaign, code, intake] = (refused, self.now())

    def fold_refusals(self, *, before: int) -> None:
        """Put what intakes told that have been silent since an instant together, one row each."""
        rows = self.shelves.refusals
        with self._latch:
            silent = [each for each, (_, at) in rows.items() if each[2] != GONE and at < before]
            for campaign, code, intake in silent:
                refused, at = rows.pop((campaign, code, intake))
                known, _ = rows.get((campaign, code, GONE), (0, 0))
                rows[campaign, code, GONE] = (known + refused, at)

    def refusals(self) -> Mapping[str, Mapping[str, int]]:
        """Return the refusals of all intakes so far, by campaign and code."""
        found: dict[str, dict[str, int]] = {}
        with self._latch:
            for (campaign, code, _), (refused, _) in sorted(self.shelves.refusals.items()):
                codes = found.setdefault(campaign, {})
                codes[code] = codes.get(code, 0) + refused
        return found
