"""Settling: waiting until every claim has come to its end, once nothing is wrong any more."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

from fulfiller.clock import monotonic
from fulfiller.domain.breaker import Mode
from fulfiller.domain.error import StoreError
from fulfiller.domain.mode import ruling
from fulfiller.domain.stripe import Count, counted
from fulfiller.wiring import Truth

LOOK_S = 0.2
FLOWING_S = 150.0
"""How long a breaker may take to flow again: its longest hold and a ramp."""


@dataclass(frozen=True, slots=True)
class Left:
    """What is still to be done: claims accepted and waitlisted, and the mode."""

    accepted: int
    waitlisted: int
    mode: Mode

    @property
    def nothing(self) -> bool:
        """Return whether all is done and anybody may come in."""
        return not (self.accepted or self.waitlisted) and self.mode is Mode.FLOWING


def left_of(store: Truth, campaign: str) -> Left | None:
    """Return what is left of a campaign, or None if the store does not answer."""
    try:
        stripes = store.stripes(campaign)
        mode = ruling(store.modes(), campaign).mode
    except StoreError:
        return None
    return Left(counted(stripes, Count.ACCEPTED), counted(stripes, Count.WAITLISTED), mode)


def settle(
    store: Truth,
    campaign: str,
    within_s: float,
    tell: Callable[[Left | None], None],
    *,
    flowing: bool = False,
) -> float | None:
    """Return the seconds until nothing was left of a campaign, or None if that took too long.

    While it pauses or ramps it may take `FLOWING_S` longer: people in line are let in at its pace.
    With `flowing` it returns only once anybody may come in again.
    """
    began_s, never = monotonic(), Event()
    done_s: float | None = None
    while True:
        left, took_s = left_of(store, campaign), monotonic() - began_s
        tell(left)
        if left is not None and not left.accepted and not left.waitlisted:
            done_s = took_s if done_s is None else done_s
        if done_s is not None and (not flowing or (left is not None and left.nothing)):
            return done_s
        paused = left is not None and left.mode is not Mode.FLOWING
        if took_s > within_s + (FLOWING_S if paused else 0.0):
            return None
        never.wait(LOOK_S)
