"""The mode of a campaign or of the whole service, beside it the switch `held`.

`flowing`, `paused` and `ramping` are the circuit breaker's closed, open and half-open, said
so that nobody mistakes "open" for "open for business". A paused campaign admits nobody and
goes on issuing; a held one stops issuing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

SERVICE = "*"
"""The scope of the one mode that overrides every campaign's."""


class Mode(StrEnum):
    """Whether new claims are admitted."""

    FLOWING = "flowing"
    PAUSED = "paused"
    RAMPING = "ramping"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeRow:
    """A scope's mode as stored.

    `generation` moves with the mode and guards every accept; `money_generation` moves when
    money comes back to a campaign that was `exhausted`, and wakes who cached "sold out".
    """

    scope: str
    mode: Mode = Mode.FLOWING
    held: bool = False
    exhausted: bool = False
    generation: int = 0
    money_generation: int = 0
    since: int = 0
    cause: str | None = None


def guard(modes: Mapping[str, ModeRow], campaign: str) -> int:
    """Return the number that changes whenever the campaign's or the service's mode moves.

    Generations only grow, so an equal sum means that neither moved.
    """
    return modes[campaign].generation + modes[SERVICE].generation


def held(modes: Mapping[str, ModeRow], campaign: str) -> bool:
    """Return whether issuing is stopped, for this campaign or for all."""
    return modes[campaign].held or modes[SERVICE].held


def flowing(modes: Mapping[str, ModeRow], campaign: str) -> bool:
    """Return whether both the campaign and the service admit freely."""
    return all(modes[scope].mode is Mode.FLOWING for scope in (campaign, SERVICE))
