"""The simulated store answers as real ones do: the same deeds, step by step, on both.

What depends on a store's own clock is left out of the comparison: dates of rates and leases.
"""

import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import TypeVar

import pytest

from fulfiller.clock import wall_clock
from fulfiller.domain.event import Event
from fulfiller.domain.outcome import Issued
from fulfiller.domain.stripe import Stripe
from fulfiller.domain.validity import DAY
from fulfiller.service.create import create
from fulfiller.service.keep import LEASE
from fulfiller.store.memory import MemoryStore
from fulfiller.wiring import Truth
from tests.contract.world import FESTIVAL, START, VALUE, everything
from tests.sim.deed import DEEDS, LONG_S, draw
from tests.sim.teller import Teller, is_fault, told
from tests.waiting import until

INSTANT = re.compile(r"\b\d{16}\b")
STEPS = 150
SEEDS = 5
MANY = 12
SETTLED_S = 5.0
TruthT = TypeVar("TruthT", bound=Truth)


@dataclass(frozen=True, slots=True)
class Difference:
    """The first step at which two stores say different things."""

    seed: int
    step: int
    deed: str
    model: object
    real: object


def founded(store: TruthT) -> TruthT:
    """Create two campaigns, of which one is sold out and crowded soon."""
    tight = replace(FESTIVAL, budget=VALUE * 9, stripes=2, waitlist_cap=6)
    assert create(tight, store=store, now=START, actor="test")
    assert create(replace(FESTIVAL, id="other"), store=store, now=START, actor="test")
    # Fences are epochs of a lease that somebody got.
    assert store.lease(LEASE, "a", ttl_s=LONG_S)
    return store


def trace(seed: int, real: Truth) -> Difference | None:
    """Do the same to the model and to a real store, and return where they part."""
    model = founded(MemoryStore(now=wall_clock))
    founded(real)
    teller = Teller(Random(seed), model)
    for step in range(STEPS):
        name, deed = draw(teller)
        expected, found = told(model, deed), told(real, deed)
        if _comparable(expected) != _comparable(found):
            return Difference(seed, step, name, expected, found)
        if (difference := _parted_for_good(model, real)) is not None:
            return Difference(seed, step, name, *difference)
    return None


def _comparable(answer: object) -> object:
    """Return an answer without what it says by chance.

    Rows of one transaction come in any order, and where two constraints are broken at once
    any of them may be named.
    """
    if is_fault(answer):
        return answer[:1]
    if isinstance(answer, Issued):
        return [sorted(getattr(answer, name)) for name in Issued.__slots__]
    return _lines(answer) if isinstance(answer, dict) else INSTANT.sub(_dated, repr(answer))


def _parted_for_good(model: Truth, real: Truth) -> tuple[object, object] | None:
    """Return in what two stores differ, and go on differing.

    The log shows an event once no transaction of the server runs that began before it; a vacuum
    of its own is one for a moment.
    """
    if _parted(model, real) is None:
        return None
    with suppress(AssertionError):
        until(lambda: _parted(model, real) is None, within_s=SETTLED_S)
    return _parted(model, real)


def _parted(model: Truth, real: Truth) -> tuple[object, object] | None:
    """Return what the first part of the state in which two stores differ has in each alone."""
    campaigns = ("festival", "other")
    pairs = zip(everything(model, *campaigns), everything(real, *campaigns), strict=True)
    for one, other in ((_lines(one), _lines(other)) for one, other in pairs):
        if one != other:
            return [e for e in one if e not in other], [e for e in other if e not in one]
    return None


def _lines(part: object) -> list[str]:
    """Return a part of the state as sorted lines, without dates of a store's own clock."""
    items = part.items() if isinstance(part, dict) else part
    assert isinstance(items, Iterable)
    return sorted(_told(item) if isinstance(item, Event) else _line(item) for item in items)


@cache
def _told(event: Event) -> str:
    """Return an event as a line: it is there after each further step and never changes."""
    return _line(replace(event, ids=tuple(sorted(event.ids))))


def _line(item: object) -> str:
    return INSTANT.sub(_dated, repr(_in_order(item)))


def _in_order(item: object) -> object:
    if isinstance(item, Stripe):
        return item.key, sorted(item.money.items()), sorted(item.counts.items())
    return item


def _dated(instant: re.Match[str]) -> str:
    """Return an instant of the trace as it is: it is long before that of any real clock."""
    return instant[0] if int(instant[0]) < START + 120 * DAY else "now"


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_real_store_answers_as_the_simulated_one(store: Truth, seed: int) -> None:
    """Each answer, each refusal and all that is left behind is the same."""
    assert trace(seed, store) is None


@pytest.mark.chaos
@pytest.mark.parametrize("seed", range(1_000, 1_000 + MANY))
def test_many_more_traces_part_nowhere(store: Truth, seed: int) -> None:
    """As above, for as long as a push can't wait."""
    assert trace(seed, store) is None


def test_traces_try_everything() -> None:
    """Every deed is done, and constraints and fences refuse some: else they prove nothing."""
    seen: Counter[str] = Counter()
    for seed in range(SEEDS):
        model = founded(MemoryStore(now=wall_clock))
        teller = Teller(Random(seed), model)
        for _ in range(STEPS):
            name, deed = draw(teller)
            answer = told(model, deed)
            seen.update([name, str(answer[0]) if is_fault(answer) else ""])
    assert seen.keys() >= {*DEEDS, "Raced", "Deposed"}
