"""How many worker slots a backlog takes: pure arithmetic on what was measured.

A backlog that only waits for its rate needs the workers that it has, and never more of them.
What nobody has measured yet changes nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from math import ceil

MARGIN = 0.5
"""The part of a promise in which a backlog is to be drained: at the whole of it breakers trip."""
DEVIATION = 0.1
"""What differs from what there is by less than this part is no reason to change anything."""
SPENT = 0.5
"""A rate is made full use of if so much of its burst is used up."""
ROUNDING = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a campaign asks of the workers; per second, and None where nobody knows.

    `backlog` are accepted claims that workers could issue now, without those that only wait for
    a rate; `issued_per_s` is measured while any waited, `comes_per_s` what comes in; `limit_per_s`
    its own rate, and `bound` says that it is at its limit.
    """

    backlog: int
    promise_s: float
    issued_per_s: float | None = None
    comes_per_s: float | None = None
    limit_per_s: float | None = None
    bound: bool = False

    @property
    def is_busy(self) -> bool:
        """Return whether its issuing rate says what workers can do."""
        return self.bound or self.backlog > 0

    def needed_per_s(self, promise_s: float) -> float:
        """Return at which rate it is to be issued, so that its backlog is gone well in time."""
        if self.bound:
            return self.issued_per_s or 0.0
        needed = (self.comes_per_s or 0.0) + self.backlog / (MARGIN * promise_s)
        return needed if self.limit_per_s is None else min(needed, self.limit_per_s)


def drain_s(demands: Collection[Demand]) -> float | None:
    """Return the seconds in which the backlog drains as it does now; None if nothing moves."""
    waiting = [each for each in demands if each.backlog]
    if not waiting:
        return 0.0
    per_s = sum(each.issued_per_s or 0.0 for each in waiting)
    return sum(each.backlog for each in waiting) / per_s if per_s > 0 else None


def suggested_workers(
    demands: Collection[Demand], *, slots: int, most: int, ceiling_per_s: float | None = None
) -> int:
    """Return how many slots drain the backlog within the smallest promise: 1 to `most`.

    As many as there are where too little is known, and where the difference is not worth it.
    """
    wanted = _wanted(demands, slots, ceiling_per_s)
    known = all(each.comes_per_s is not None for each in demands)
    if abs(wanted - slots) <= DEVIATION * slots or (wanted < slots and not known):
        wanted = slots
    return max(1, min(wanted, most))


def _wanted(demands: Collection[Demand], slots: int, ceiling_per_s: float | None) -> int:
    promise_s = min((each.promise_s for each in demands if each.backlog), default=1.0)
    needed = sum(each.needed_per_s(promise_s) for each in demands)
    if ceiling_per_s is not None:
        needed = min(needed, ceiling_per_s)
    if needed == 0 and not any(each.is_busy for each in demands):
        return 0
    per_slot = _issued_per_s(demands) / max(1, slots)
    return slots if per_slot == 0 else ceil(needed / per_slot - ROUNDING)


def _issued_per_s(demands: Collection[Demand]) -> float:
    """Return what the workers were seen to issue: of those busy together, else of the fastest."""
    busy = sum(each.issued_per_s or 0.0 for each in demands if each.is_busy)
    return busy or max((each.issued_per_s or 0.0 for each in demands), default=0.0)
