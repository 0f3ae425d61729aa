"""Why a claim stands where it stands, in sentences; pure, from what was read of the store."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never

from fulfiller.domain.breaker import Mode
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import OpenClaim, State, public_id
from fulfiller.domain.mode import SERVICE, ModeRow, ruling
from fulfiller.domain.validity import Pause
from fulfiller.ops.figures import Figures
from fulfiller.ops.modes import clock, held_said, length, named, said
from fulfiller.service.parked import Parked
from fulfiller.service.port import ClaimView


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A claim and all around it that decides what becomes of it.

    `row` is there while the claim is open, `ahead` while it is waitlisted, `parked` while it
    is parked. `missing` says which processes nobody has seen, in sentences; `pauses` are
    those that lengthen the life of its coupon, if any do.
    """

    now: int
    view: ClaimView
    campaign: Campaign
    modes: Mapping[str, ModeRow]
    figures: Figures
    row: OpenClaim | None = None
    ahead: int | None = None
    parked: Parked | None = None
    missing: tuple[str, ...] = ()
    pauses: tuple[Pause, ...] = ()

    @property
    def ruling(self) -> ModeRow:
        """Return the mode that decides whether anybody is admitted."""
        return ruling(self.modes, self.campaign.id)

    @property
    def holds(self) -> tuple[ModeRow, ...]:
        """Return the scopes in which issuing is held: the campaign, the service, or both."""
        rows = (self.modes[scope] for scope in (self.campaign.id, SERVICE))
        return tuple(row for row in rows if row.held)


def because(scene: Scene) -> Iterator[str]:
    """Yield why a claim is where it is, and what happens next."""
    match scene.view.state:
        case State.WAITLISTED:
            yield from _waitlisted(scene)
        case State.ACCEPTED:
            yield from _accepted(scene)
        case State.PARKED:
            yield from _parked(scene)
        case State.ISSUED:
            yield from _issued(scene)
        case State.DECLINED | State.CANCELLED:
            yield from _ended(scene)
        case other:
            assert_never(other)


def _waitlisted(scene: Scene) -> Iterator[str]:
    if scene.ahead is not None:
        yield f"{scene.ahead:,} of its tier are ahead of it in line; its money is reserved"
    yield _mode_of(scene.ruling, scene.now)
    yield from _held(scene)
    yield f"next: {_next(scene)}"
    yield from scene.missing


def _next(scene: Scene) -> str:
    row, state = scene.ruling, scene.ruling.state
    if row.mode is Mode.RAMPING:
        return f"people are admitted in order, at all of the pace from {_at(state.until, scene)} on"
    if row.mode is Mode.FLOWING:
        mark = scene.figures.gauge.resume_at
        below = "" if mark is None else f" while the backlog is below {mark:,}"
        return f"people are admitted in order{below}; it is {scene.figures.backlog:,} now"
    if state.forced is None:
        return f"once all signals are clear, from {_at(state.until, scene)} on, it ramps up"
    if state.forced.until is not None:
        return f"the pause ends at {_at(state.forced.until, scene)}, and then it ramps up"
    verb = "resume" if row.scope == SERVICE else f"campaign resume {row.scope}"
    return f"it ramps up when somebody resumes it: fulfiller {verb}"


def _accepted(scene: Scene) -> Iterator[str]:
    row = scene.row
    if row is not None and row.ready_at > scene.now:
        yield f"not to be issued before {_at(row.ready_at, scene)}"
    elif row is not None:
        waited = length(scene.now - row.ready_at)
        yield f"ready to be issued since {_at(row.ready_at, scene)}, for {waited}"
    yield from _held(scene)
    if scene.campaign.issuing_rate is not None:
        yield f"its campaign issues at most {scene.campaign.issuing_rate} over all workers"
    yield f"backlog {scene.figures.backlog:,} · {scene.figures.vitals}"
    if row is not None:
        yield _offer(row, scene)
    if row is not None and row.attempts:
        yield f"attempts that failed or were cut short: {row.attempts}"
    yield from scene.missing


def _offer(row: OpenClaim, scene: Scene) -> str:
    if row.unsure_since is not None:
        return f"the eligibility hook has been unsure of it since {_at(row.unsure_since, scene)}"
    if row.offered_at is None:
        return "its intake left it to the keeper, which offers it to the workers in order"
    ago = length(scene.now - row.offered_at)
    return f"its intake offered it to the workers {ago} ago, so a hint is probably out"


def _parked(scene: Scene) -> Iterator[str]:
    parked = scene.parked
    if parked is not None:
        since, by = _at(parked.since, scene), parked.actor or "nobody known"
        yield f"parked since {since} by {by}: {parked.reason or 'no reason is noted'}"
        yield f"attempts: {parked.claim.attempts}; its money stays reserved"
    yield f"next: fulfiller parked replay|abandon {public_id(scene.view.claim.id)}"


def _issued(scene: Scene) -> Iterator[str]:
    coupon = scene.view.coupon
    if coupon is None:
        return
    after = length(coupon.issued_at - scene.view.claim.accepted_at)
    yield f"issued at {_at(coupon.issued_at, scene)}, {after} after it came in"
    floor = scene.campaign.floor
    standing = coupon.standing(now=scene.now, floor=floor, pauses=scene.pauses)
    end = _at(coupon.end(now=scene.now, floor=floor, pauses=scene.pauses), scene)
    yield f"its coupon {coupon.public_id} is {standing}; valid until {end}"


def _ended(scene: Scene) -> Iterator[str]:
    outcome = scene.view.outcome
    if outcome is not None:
        why = f": {outcome.reason}" if outcome.reason else ""
        yield f"{outcome.ending} at {_at(outcome.at, scene)} by {outcome.actor}{why}"


def _held(scene: Scene) -> Iterator[str]:
    for row in scene.holds:
        yield f"{named(row.scope)} issues nothing: {held_said(row, scene.now)}"


def _mode_of(row: ModeRow, now: int) -> str:
    return f"{named(row.scope)} is {said(row, now)}"


def _at(instant: int, scene: Scene) -> str:
    return clock(instant, scene.now)
