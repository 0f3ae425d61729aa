"""How long claims waited for their coupon, counted by each child and told about once a second.

Of a task's claims some are looked at, each of them for several; what was counted since the last
telling goes with a child that is killed, and stays untold while nothing comes. A broker that does
not answer is left alone for a while, so that no task waits for it twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from fulfiller.broker.topology import QUEUE_NAMES
from fulfiller.domain.claim import ClaimId, dated
from fulfiller.domain.tier import Tier
from fulfiller.domain.waits import Waits

EVERY_S = 1.0
AWAY_S = 30.0
LOOKED_AT = 50
"""Claims of a task whose waits are worked out, 0.5 us each."""
TIERS = {name: tier for tier, name in QUEUE_NAMES.items()}
Tell = Callable[[Mapping[Tier, Waits]], bool]


@dataclass(slots=True, kw_only=True)
class Tally:
    """What one child has counted and not yet told; `tell` returns whether it was heard."""

    tell: Tell
    monotonic: Callable[[], float]
    _waits: dict[Tier, Waits] = field(default_factory=dict)
    _until: float = float("-inf")

    def add(self, queue: str, ids: Sequence[ClaimId], now: int) -> None:
        """Count claims of a tier's queue that have their coupon now, and tell if it is time."""
        tier = TIERS.get(queue)
        if tier is None or not ids:
            return
        waits = self._waits.setdefault(tier, Waits())
        every = -(-len(ids) // LOOKED_AT)
        waits.add((now - dated(each) for each in ids[every - 1 :: every]), every)
        # Those that are left over at the end count for themselves.
        rest = len(ids) % every
        waits.add((now - dated(each) for each in ids[-1:] if rest), rest)
        if self.monotonic() >= self._until:
            self.flush()

    def flush(self) -> None:
        """Tell what has been counted."""
        if self._waits:
            heard = self.tell(self._waits)
            self._until = self.monotonic() + (EVERY_S if heard else AWAY_S)
            if heard:
                self._waits = {}
