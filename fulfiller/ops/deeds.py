"""What operators do to modes, by name: the same for commands and for remote control."""

from collections.abc import Callable

from fulfiller.domain.breaker import Mode
from fulfiller.domain.mode import SERVICE
from fulfiller.service import steer
from fulfiller.service.port import Store
from fulfiller.service.steer import Act, Steered

UNKNOWN = "no campaign {!r}: see `fulfiller campaign list`"
Deed = Callable[[str, Act, Store], Steered]


def pause(scope: str, act: Act, store: Store) -> Steered:
    """Pause until it is resumed or the act ends."""
    return steer.pause(scope, act, store=store)


def resume(scope: str, act: Act, store: Store) -> Steered:
    """Let go of a pause; a ramp that is under way goes on, for a new one would begin lower."""
    row = store.modes().get(scope)
    if row is not None and row.mode is Mode.RAMPING and row.state.forced is None:
        return Steered(row)
    return steer.let_go(scope, act, store=store)


def let_flow(scope: str, act: Act, store: Store) -> Steered:
    """Let it flow whatever its signals say, until the act ends."""
    return steer.let_flow(scope, act, store=store)


def hold(scope: str, act: Act, store: Store) -> Steered:
    """Stop issuing until it is unheld or the act ends."""
    return steer.hold(scope, act, store=store)


def unhold(scope: str, act: Act, store: Store) -> Steered:
    """Go on issuing."""
    return steer.unhold(scope, act, store=store)


DEEDS: dict[str, Deed] = {"pause": pause, "resume": resume, "hold": hold, "unhold": unhold}
"""What may be done to a scope, by its name in commands and tokens."""
LASTING = ("pause", "hold")
"""Deeds that may end by themselves, and whose reason has to be said."""


def zone_of(scope: str, store: Store) -> str | None:
    """Return the zone in which a scope's days are counted; None if there is no such campaign."""
    if scope == SERVICE:
        return "UTC"
    found = store.campaign(scope)
    return None if found is None else found.zone
