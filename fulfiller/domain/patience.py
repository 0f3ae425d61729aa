"""Patience: the typed facts that somebody who waits is told; `service/speech` makes sentences.

All instants are microseconds since 1970 in UTC. What is None is unknown and is not spoken of.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from fulfiller.domain.error import InvalidPatience
from fulfiller.domain.estimate import Wait


class Situation(StrEnum):
    """What happened to a claim; the last two are public notices about a whole campaign."""

    WAITLISTED = "waitlisted"
    """Its place is kept."""
    QUEUED = "queued"
    """It is accepted and being worked on."""
    FULL = "full"
    """No place could be kept for it."""
    AWAY = "away"
    """Nobody can look right now."""
    PAUSED = "paused"
    RAMPING = "ramping"


class Reason(StrEnum):
    """Why people wait."""

    CROWD = "crowd"
    """More people came than were planned for."""
    SLOW = "slow"
    """Issuing is slower than promised."""
    PARTNERS = "partners"
    """Shops or other upstreams said that they are full or slow."""
    SYSTEMS = "systems"
    """Our own store needs a moment."""
    OPERATOR = "operator"
    """People stopped it to check something."""


class WhatToDo(StrEnum):
    """What is asked of the person who waits."""

    NOTHING = "nothing"
    COME_BACK = "come_back"


PUBLIC = frozenset({Situation.PAUSED, Situation.RAMPING})
"""Situations of a campaign, told to everybody alike."""
PLACELESS = PUBLIC | {Situation.FULL}
"""Situations in which nobody has a place that others could be ahead of."""
TO_COME_BACK = frozenset({Situation.FULL, Situation.AWAY})
"""Situations that end only if the person comes back: nothing is known to be kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Everything that is known for somebody who waits; 0 people ahead means that they are next.

    `since` is when people began to wait, `come_back_at` when to come back or look again,
    `valid_until` the exclusive instant until which coupons already held stay valid.
    """

    situation: Situation
    zone: str
    reason: Reason | None = None
    ahead: int | None = None
    wait: Wait | None = None
    since: int | None = None
    come_back_at: int | None = None
    next_update_at: int | None = None
    valid_until: int | None = None

    def __post_init__(self) -> None:
        """Refuse a place where there is none, and waits that no clock shows."""
        if self.ahead is not None:
            _check_ahead(self.ahead, self.situation)
        if self.wait is not None:
            _check_wait(self.wait)

    @property
    def what_to_do(self) -> WhatToDo:
        """Return what is asked of the person: nothing, unless nothing is known to be kept."""
        return WhatToDo.COME_BACK if self.situation in TO_COME_BACK else WhatToDo.NOTHING


def _check_ahead(ahead: int, situation: Situation) -> None:
    if ahead < 0:
        raise InvalidPatience("ahead", f"{ahead} people can't be ahead, 0 means next")
    if situation in PLACELESS:
        raise InvalidPatience("ahead", f"nobody has a place while {situation}, leave it out")


def _check_wait(wait: Wait) -> None:
    for name, seconds in (("low_s", wait.low_s), ("high_s", wait.high_s)):
        if seconds is not None and not (isfinite(seconds) and seconds >= 0):
            raise InvalidPatience(f"wait.{name}", f"{seconds} is no wait of 0 seconds or more")
