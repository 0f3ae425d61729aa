"""A teller: it draws what is done to two stores, and looks at the first for what there is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any, TypeGuard

from fulfiller.domain.claim import ClaimId, Request, Stage
from fulfiller.domain.error import StoreError
from fulfiller.domain.mode import SERVICE
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import SECOND
from fulfiller.service import steer
from fulfiller.service.dispatch import Lane
from fulfiller.store.memory import MemoryStore
from fulfiller.wiring import Truth
from tests.contract.world import START

Deed = Callable[[Truth], object]
USERS = tuple(f"u{number}" for number in range(8))


@dataclass(slots=True)
class Teller:
    """Draws deeds; it looks at the model for what there is to do them to."""

    dice: Random
    model: MemoryStore
    now: int = START
    fence: int = 0
    numbers: Any = field(default_factory=lambda: count(1))

    def wait(self) -> None:
        """Let time go on a little."""
        self.now += self.dice.randrange(1, SECOND)

    def ids(self, stage: Stage | None = None, most: int = 4) -> list[ClaimId]:
        """Return some open claims, at a stage or at any, and sometimes one that is not there."""
        rows = self.model.shelves.open.values()
        known = [row.id for row in rows if stage is None or row.stage is stage]
        chosen = self.dice.sample(known, min(len(known), self.dice.randint(0, most)))
        return [*chosen, *([self.fresh()] if self.dice.random() < 0.2 else [])]

    def fresh(self) -> ClaimId:
        """Return an id that no claim has."""
        return ClaimId(f"01900000-0000-7000-9000-{next(self.numbers):012x}")

    def request(self) -> Request:
        """Return what somebody may ask for."""
        dice, user = self.dice, self.dice.choice(USERS)
        return Request(
            account=dice.choice(("shop", "rival")),
            campaign=dice.choice(("festival", "festival", "other", "none")),
            user=user,
            key=f"k{dice.randrange(12)}",
            fingerprint=bytes([dice.randrange(2)]),
            grant=dice.choice(("default", "friend")),
            tier=dice.choice((None, *Tier)),
            limit_key=dice.choice((None, "shop-1")),
        )

    def act(self) -> steer.Act:
        """Return an operator's act."""
        return steer.Act(reason="trace", actor="operator:test", now=self.now)

    def scope(self) -> str:
        """Return a scope of modes."""
        return self.dice.choice((SERVICE, "festival", "other"))

    def lane(self) -> Lane:
        """Return a lane."""
        return Lane(self.dice.choice(("festival", "other")), self.dice.choice(tuple(Tier)))


def told(store: Truth, deed: Deed) -> object:
    """Return what a deed came to, or with what it failed."""
    try:
        return deed(store)
    except StoreError as fault:
        return type(fault).__name__, getattr(fault, "over", None) or ""


def is_fault(answer: object) -> TypeGuard[tuple[str, str]]:
    """Return whether a deed failed."""
    return isinstance(answer, tuple) and answer[:1] in FAULTS


FAULTS = (("Raced",), ("Deposed",), ("StoreError",))
