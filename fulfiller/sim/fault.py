"""Faults: what can go wrong in a simulated run, how often, and the tally of what did.

Swarm testing (Groce et al., ISSTA 2012): each seed switches every kind on or off and draws its
rate by itself, so that runs differ in kind and no fault hides behind another.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    """What can go wrong, as reports name it."""

    STORE_REFUSED = "store refuses a step"
    STORE_SILENT = "store's answer is lost"
    STORE_SLOW = "store is slow"
    STORE_RACED = "store aborts for serialization"
    STORE_TORN = "reads see two moments"
    STORE_AWAY = "store is away"
    BROKER_AWAY = "broker is away"
    BROKER_FROZEN = "broker is frozen"
    BROKER_WIPED = "broker loses everything"
    PUBLISH_LOST = "hint is lost on the way"
    PUBLISH_SILENT = "publisher hears nothing, hint arrived"
    PUBLISH_TWICE = "hint arrives twice"
    POP_LOST = "hint is lost between pop and note"
    REORDERED = "hints are reordered"
    REDELIVERED = "hint comes again while at work"
    REQUEST_LOST = "request is lost"
    REPLY_LOST = "reply is lost"
    KILLED = "process is killed"
    STOPPED = "process is stopped"
    CLOCK_JUMPED = "store's clock jumps"
    TICKS_LEAPT = "process's clock leaps"
    POISON = "claim fails its transaction"
    KILLER = "claim kills its worker"
    CODE_TAKEN = "code is taken"
    HOOK_SILENT = "eligibility hook gives no answer"
    HOOK_UNSURE = "eligibility hook is unsure"
    NEWER_HINT = "hint is newer than the worker"


STEPS = {
    Fault.KILLED: (0.002, 0.02),
    Fault.STOPPED: (0.002, 0.012),
    Fault.STORE_REFUSED: (0.01, 0.12),
    Fault.STORE_SILENT: (0.01, 0.12),
    Fault.STORE_SLOW: (0.003, 0.03),
    Fault.STORE_RACED: (0.02, 0.3),
    Fault.STORE_TORN: (0.05, 0.5),
    Fault.PUBLISH_LOST: (0.02, 0.5),
    Fault.PUBLISH_SILENT: (0.02, 0.5),
    Fault.PUBLISH_TWICE: (0.02, 0.5),
    Fault.POP_LOST: (0.02, 0.5),
    Fault.REORDERED: (0.05, 0.8),
    Fault.REDELIVERED: (0.02, 0.5),
    Fault.REQUEST_LOST: (0.02, 0.25),
    Fault.REPLY_LOST: (0.02, 0.25),
    Fault.POISON: (0.01, 0.1),
    Fault.KILLER: (0.01, 0.1),
    Fault.CODE_TAKEN: (0.01, 0.1),
    Fault.HOOK_SILENT: (0.05, 0.4),
    Fault.HOOK_UNSURE: (0.05, 0.4),
    Fault.NEWER_HINT: (0.05, 0.5),
}
"""Chances per occasion, from and to, where a kind is on; of killing and stopping, per step."""
SPANS = {
    Fault.STORE_AWAY: (1, 8),
    Fault.BROKER_AWAY: (1, 8),
    Fault.BROKER_FROZEN: (1, 8),
    Fault.BROKER_WIPED: (0.5, 6),
    Fault.KILLED: (0.5, 8),
    Fault.STOPPED: (0.5, 8),
    Fault.CLOCK_JUMPED: (1, 8),
    Fault.TICKS_LEAPT: (1, 8),
}
"""Seconds between two blows out of the blue, from and to, where a kind is on."""
KEEN: Mapping[str, int] = {
    **dict.fromkeys(("shift", "shift.commit"), 60),
    **dict.fromkeys(
        ("ready", "lock", "lock.commit", "look_coupon", "move_coupon", "move_coupon.commit"), 25
    ),
    **dict.fromkeys(
        ("blocks", "count_waiting", "keep_blocks", "last_seal", "unsealed", "seal", "take",
         "take.commit", "pace", "move_mode", "announce", "of_account", "lease", "now"),
        8,
    ),
    "write": 3,
}  # fmt: skip
"""How many times likelier it is to be struck at steps that are few in a run."""
MOST = 0.4
"""More often than this nothing strikes at one moment, lest nobody ever gets past it."""
CALM = 0.3
ON = 0.75
"""The chance that a seed has a kind at all."""


@dataclass(slots=True)
class Weather:
    """How often what goes wrong in one run; all of it ends when it clears."""

    rates: dict[Fault, float] = field(default_factory=dict)
    every_s: dict[Fault, float] = field(default_factory=dict)

    @classmethod
    def drawn(cls, dice: Random) -> "Weather":
        """Draw a run's weather; one seed in twenty has none."""
        if dice.random() < 0.05:
            return cls()
        return cls(
            rates={f: _between(dice, *span) for f, span in STEPS.items() if dice.random() < ON},
            every_s={f: _between(dice, *span) for f, span in SPANS.items() if dice.random() < ON},
        )

    def calm(self) -> None:
        """Let things go wrong less often, so that some go well that others build on."""
        self.rates = {fault: rate * CALM for fault, rate in self.rates.items()}
        self.every_s = {fault: span / CALM for fault, span in self.every_s.items()}

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self.rates.clear()
        self.every_s.clear()


Cell = tuple[str, str, Fault]
"""Where a fault struck: the mode of the campaign, the step, the fault."""


@dataclass(slots=True)
class Tally:
    """What went wrong, by kind, and where it struck."""

    faults: Counter[Fault] = field(default_factory=Counter)
    cells: Counter[Cell] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Count another run's in."""
        self.faults.update(other.faults)
        self.cells.update(other.cells)


def _between(dice: Random, least: float, most: float) -> float:
    """Draw evenly over orders of magnitude: rare and frequent are equally likely."""
    return float(least * (most / least) ** dice.random())
