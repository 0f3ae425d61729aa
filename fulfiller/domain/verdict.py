"""A verdict: why a breaker moved by itself, with all it takes to judge again.

The event log keeps each one as JSON, so that whoever doubts a pause can replay it: the
same state, reading and policy at the same instant give the same breaker.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from fulfiller.domain.breaker import (
    Breaker,
    Forced,
    Mode,
    Policy,
    Pressure,
    Reading,
    Signal,
    levels,
    step,
)

SAID = {
    Signal.BACKLOG: "backlog {value:,.0f} > threshold {trip:,.0f}",
    Signal.DRAIN: "time to drain {value:,.0f} s > promise {trip:,.0f} s",
    Signal.AGE: "the oldest claim has waited {value:,.0f} s > {trip:,.0f} s",
    Signal.PRESSURE: "partners report that they are full",
    Signal.STORE: "the store answers in {value:,.1f} s > {trip:,.1f} s",
}
"""How each signal says that it tripped."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A step that moved a breaker: what it was, what was read, what it is now."""

    before: Breaker
    reading: Reading
    policy: Policy
    after: Breaker


def holds(verdict: Verdict, at: int) -> bool:
    """Return whether the same step at this instant comes out the same."""
    return step(verdict.before, verdict.reading, verdict.policy, at) == verdict.after


def cause(reading: Reading, policy: Policy) -> str:
    """Return in words which signals trip, with their figures; empty if none does."""
    found = levels(reading, policy)
    said = [
        SAID[signal].format(value=level.value, trip=level.trips_above)
        for signal, level in found.items()
        if level.value > level.trips_above
    ]
    return ", ".join(sorted(said))


def written(verdict: Verdict) -> str:
    """Return a verdict as JSON."""
    return json.dumps(asdict(verdict), separators=(",", ":"))


def read(text: str) -> Verdict:
    """Return the verdict that was written; raise ValueError, KeyError or TypeError on others."""
    told = json.loads(text)
    return Verdict(
        _breaker(told["before"]),
        _reading(told["reading"]),
        Policy(**told["policy"]),
        _breaker(told["after"]),
    )


def _breaker(told: Mapping[str, Any]) -> Breaker:
    forced = told["forced"]
    parts = {
        "mode": Mode(told["mode"]),
        "signals": tuple(map(Signal, told["signals"])),
        "moves": tuple(told["moves"]),
        "forced": None if forced is None else Forced(**forced),
    }
    return Breaker(**{**told, **parts})


def _reading(told: Mapping[str, Any]) -> Reading:
    level = told["pressure"]
    return Reading(**{**told, "pressure": None if level is None else Pressure(level)})
