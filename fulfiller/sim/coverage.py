"""Coverage: in which mode, at which event, which fault has struck, and where none ever did.

A generator of faults can go blind: it runs for hours and never kills a keeper that admits. So
every cell of the table must be hit once in enough runs, or the runs prove less than they say.
"""

from collections import Counter
from collections.abc import Mapping
from functools import cache
from itertools import product

from fulfiller.sim.fault import Cell, Fault

EVENTS: Mapping[str, tuple[str, ...]] = {
    "accept": ("look", "write"),
    "gather": ("lock", "lock.commit"),
    "issue": ("take", "take.commit", "pace", "terms"),
    "deliver": ("pop", "publish"),
    "shift": ("shift", "shift.commit", "ready"),
    "release": ("lanes", "board", "pages"),
    "govern": ("survey", "move_mode", "show_gauges"),
    "lead": ("lease",),
    "watch": ("intact", "mark", "depths"),
    "seal": ("last_seal", "unsealed", "seal"),
    "place": ("blocks", "count_waiting", "keep_blocks"),
    "see": ("view", "of_account"),
    "handle": ("look_coupon", "move_coupon", "move_coupon.commit"),
    "announce": ("announce", "slots"),
    "tell time": ("now",),
}
"""What happens, by the steps that it takes."""
STATES = ("flowing", "paused", "ramping", "held")
OF_STORE = (Fault.STORE_REFUSED, Fault.STORE_SILENT, Fault.STORE_SLOW)
OF_PROCESS = (Fault.KILLED, Fault.STOPPED)
BESIDE_STORE = frozenset({"deliver", "watch"})
"""Events that don't touch the store."""
ELSEWHERE = (
    Fault.BROKER_AWAY, Fault.BROKER_FROZEN, Fault.BROKER_WIPED, Fault.CLOCK_JUMPED,
    Fault.TICKS_LEAPT, Fault.STORE_AWAY, Fault.STORE_RACED, Fault.STORE_TORN, Fault.PUBLISH_LOST,
    Fault.PUBLISH_SILENT, Fault.PUBLISH_TWICE, Fault.POP_LOST, Fault.REORDERED,
    Fault.REDELIVERED, Fault.REQUEST_LOST, Fault.REPLY_LOST, Fault.POISON, Fault.KILLER,
    Fault.CODE_TAKEN, Fault.HOOK_SILENT, Fault.HOOK_UNSURE, Fault.NEWER_HINT,
)  # fmt: skip
"""Faults that belong to one place: they must strike there in every mode."""
HELD_BACK = frozenset({"held"})
"""While a campaign is held nothing of it is offered, issued or admitted: what strikes there may,
at what was on its way, but need not."""
AT_ISSUING = frozenset(
    {Fault.POISON, Fault.KILLER, Fault.CODE_TAKEN, Fault.HOOK_SILENT, Fault.HOOK_UNSURE,
     Fault.PUBLISH_LOST, Fault.PUBLISH_SILENT, Fault.PUBLISH_TWICE, Fault.POP_LOST,
     Fault.REORDERED, Fault.REDELIVERED, Fault.NEWER_HINT}
)  # fmt: skip
ADMITTING = "shift"
NOBODY_ADMITTED = frozenset({"held", "paused"})

Spot = tuple[str, str, Fault]
"""A cell of the table: mode, event, fault."""


EVENT_OF = {step: event for event, steps in EVENTS.items() for step in steps}


def event_of(step: str) -> str:
    """Return the event that a step belongs to, on its way out or back."""
    return EVENT_OF.get(step.removeprefix("after "), "")


@cache
def expected() -> frozenset[Spot]:
    """Return every cell that must be hit."""
    everywhere = {
        (state, event, fault)
        for state, event in product(STATES, EVENTS)
        for fault in ((*OF_PROCESS, *OF_STORE) if event not in BESIDE_STORE else OF_PROCESS)
        if not (state in NOBODY_ADMITTED and event == ADMITTING)
    }
    placed = {
        (state, "", fault)
        for state, fault in product(STATES, ELSEWHERE)
        if not (state in HELD_BACK and fault in AT_ISSUING)
    }
    return frozenset(everywhere | placed)


def hit(cells: Counter[Cell]) -> Counter[Spot]:
    """Return how often each cell was hit."""
    found: Counter[Spot] = Counter()
    for (state, step, fault), times in cells.items():
        event = "" if fault in ELSEWHERE else event_of(step)
        found[state, event, fault] += times
    return found


def holes(cells: Counter[Cell]) -> list[Spot]:
    """Return the cells that were never hit, in order."""
    return sorted(expected() - hit(cells).keys())


@cache
def _in_order() -> tuple[Spot, ...]:
    return tuple(sorted(expected()))


def focus(seed: int) -> Spot:
    """Return the cell that a seed has an eye on: each gets its turn, so that none is left out."""
    cells = _in_order()
    return cells[seed % len(cells)]
