"""Pairs: the faults of two scenarios at once, which neither of them has tried.

Almost all failures of such systems need more than one event and no more than three (Yuan et al.,
OSDI 2014, which counted 198 of them), so after single faults pairs are where to look.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from random import Random

import msgspec

from fulfiller.chaos.scenario import Abort, Asked, Scenario

SETTLE_S = 120.0
ABORT_S = 400.0


def pairs(known: Sequence[Scenario], seed: int) -> Iterator[Scenario]:
    """Yield every pair of scenarios for ever, each round in another order, by a seed."""
    dice = Random(seed)  # nosec B311 # noqa: S311 - dice, no secrets
    every = list(combinations(known, 2))
    while True:
        dice.shuffle(every)
        for one, other in every:
            yield pair(*(one, other) if dice.random() < 0.5 else (other, one))


def pair(one: Scenario, other: Scenario) -> Scenario:
    """Return the faults of both under the load and the terms of the first, on PostgreSQL."""
    return msgspec.structs.replace(
        one,
        name=f"{one.name}+{other.name}",
        title=f"{one.title}; {other.title[:1].lower()}{other.title[1:]}",
        hypothesis="What holds under either of them holds under both at once.",
        store="postgres",
        workers=max(one.workers, other.workers),
        keepers=max(one.keepers, other.keepers),
        load=msgspec.structs.replace(one.load, seconds=max(one.load.seconds, other.load.seconds)),
        asked=Asked(settle_s=SETTLE_S),
        abort=Abort(after_s=ABORT_S),
        control="none",
        faults=(*one.faults, *other.faults),
    )
