"""Steer: what operators do to modes by hand; each act has a reason and lands in the log.

Pause: newcomers get a place in line instead of a promise, and workers go on issuing.
Hold: workers stop issuing, and newcomers are still taken in until the threshold.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from fulfiller.domain.breaker import Breaker, Forced, Mode, Policy, force, resume
from fulfiller.domain.campaign import policy
from fulfiller.domain.error import Raced
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.mode import SERVICE, ModeRow
from fulfiller.domain.validity import moment
from fulfiller.service.govern import KINDS, SERVICE_POLICY
from fulfiller.service.port import Store

TRIES = 8
REASON_MAX = 200
"""Characters of a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who does it, why, when, and until when it lasts, if it ends by itself."""

    reason: str
    actor: str
    now: int
    until: int | None = None

    @property
    def forced(self) -> Forced:
        """Return it as the breaker remembers it."""
        return Forced(reason=self.reason, actor=self.actor, until=self.until)

    @property
    def said(self) -> str:
        """Return it as the log tells it."""
        ends = "" if self.until is None else f" until {moment(self.until):%Y-%m-%dT%H:%M:%SZ}"
        return f"{self.reason}{ends}"


@dataclass(frozen=True, slots=True)
class Steered:
    """The scope as it is now, and whether this act has changed it; None if there is none."""

    row: ModeRow | None
    changed: bool = False


def pause(scope: str, act: Act, *, store: Store) -> Steered:
    """Pause a campaign or the service until it is resumed, or until the act ends."""
    return _steer(scope, act, store, lambda row, rules: _forced(row, Mode.PAUSED, act, rules))


def let_flow(scope: str, act: Act, *, store: Store) -> Steered:
    """Let a scope flow whatever its signals say, until the act ends."""
    return _steer(scope, act, store, lambda row, rules: _forced(row, Mode.FLOWING, act, rules))


def let_go(scope: str, act: Act, *, store: Store) -> Steered:
    """End a pause now, forced or not: it ramps up, and may trip again by itself."""

    def resumed(row: ModeRow, rules: Policy) -> tuple[ModeRow, Kind] | None:
        if row.mode is not Mode.PAUSED and row.state.forced is None:
            return None
        after = resume(row.state, rules, act.now)
        return _with(row, after, act.reason), KINDS[after.mode]

    return _steer(scope, act, store, resumed)


def hold(scope: str, act: Act, *, store: Store) -> Steered:
    """Stop issuing; what is accepted stays accepted, and waits."""

    def held(row: ModeRow, _: Policy) -> tuple[ModeRow, Kind] | None:
        if row.held and row.hold == act.forced:
            return None
        return replace(row, held=True, hold=act.forced, switched_at=act.now), Kind.MODE_HELD

    return _steer(scope, act, store, held)


def unhold(scope: str, act: Act, *, store: Store) -> Steered:
    """Go on issuing."""

    def unheld(row: ModeRow, _: Policy) -> tuple[ModeRow, Kind] | None:
        if not row.held:
            return None
        return replace(row, held=False, hold=None, switched_at=act.now), Kind.MODE_UNHELD

    return _steer(scope, act, store, unheld)


Change = Callable[[ModeRow, Policy], tuple[ModeRow, Kind] | None]


def _steer(scope: str, act: Act, store: Store, change: Change) -> Steered:
    """Change a mode row by compare-and-set, with fresh reads after a lost race."""
    for _ in range(TRIES):
        row = store.modes().get(scope)
        rules = _rules(scope, store)
        if row is None or rules is None:
            return Steered(None)
        changed = change(row, rules)
        if changed is None:
            return Steered(row)
        new, kind = changed
        new = replace(new, generation=row.generation + 1)
        event = Event(at=act.now, campaign=scope, kind=kind, actor=act.actor, detail=act.said)
        if store.move_mode(row, new, event):
            return Steered(new, changed=True)
    message = f"the mode of {scope} moved {TRIES} times meanwhile"
    raise Raced(message)


def _rules(scope: str, store: Store) -> Policy | None:
    if scope == SERVICE:
        return SERVICE_POLICY
    campaign = store.campaign(scope)
    return None if campaign is None else policy(campaign)


def _forced(row: ModeRow, mode: Mode, act: Act, rules: Policy) -> tuple[ModeRow, Kind] | None:
    if row.mode is mode and row.state.forced == act.forced:
        return None
    return _with(row, force(row.state, mode, act.forced, rules, act.now), act.reason), KINDS[mode]


def _with(row: ModeRow, after: Breaker, reason: str) -> ModeRow:
    cause = None if after.mode is Mode.FLOWING else reason
    return replace(row, mode=after.mode, breaker=after, since=after.since, cause=cause)
