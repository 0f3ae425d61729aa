"""What a page says of a mode: why, since when, by whom, and what comes next."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from fulfiller.domain.breaker import Forced, Mode, Policy, Reading, levels, share
from fulfiller.domain.campaign import Campaign, Phase
from fulfiller.domain.mode import SERVICE, ModeRow, held, ruling
from fulfiller.domain.validity import SECOND
from fulfiller.ops.modes import clock, length, overruling, word

PHASES = {
    Phase.DRAFT: "It is a draft: nobody can claim yet.",
    Phase.EXHAUSTED: "The budget is promised in full: newcomers hear that it is sold out.",
    Phase.ENDED: "Its window is over; what was accepted is still honored.",
}
CALM = 120 * SECOND
"""Microseconds from which on it is told for how long something flows: by the minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A scope at one moment, with what it is judged by."""

    row: ModeRow
    reading: Reading
    rules: Policy
    now: int


def state(modes: Mapping[str, ModeRow], campaign: str) -> str:
    """Return the word for what counts for a campaign: its own mode, or the service's over it."""
    rules = ruling(modes, campaign)
    return word(replace(modes[campaign], mode=rules.mode, held=held(modes, campaign)))


def campaign_said(campaign: Campaign, phase: Phase, scene: Scene, service: ModeRow) -> str:
    """Return in sentences how a campaign is."""
    over = overruling(service, scene.now)
    sentences = (*_scope(scene), _phase(campaign, phase, scene.now), over)
    return " ".join(filter(None, sentences))


def service_said(scene: Scene) -> str:
    """Return in sentences how the service is."""
    return " ".join(_scope(scene))


def _scope(scene: Scene) -> Iterator[str]:
    """Yield the sentences about a scope's own mode, then those about its switch."""
    row = scene.row
    forced = row.state.forced
    if forced is not None:
        yield f"{_opening(row.mode.value, row.since, scene.now)}{_by(forced, scene.now)}."
        yield _afterwards(forced, scene)
    elif row.mode is Mode.PAUSED:
        cause = _bare(row.cause or "no cause is noted")
        yield f"{_opening('paused', row.since, scene.now)}: {cause}."
        yield _hold_said(scene)
    elif row.mode is Mode.RAMPING:
        yield _ramp_said(scene)
    elif not row.held:
        # Each second of it would be news to all who look, and of interest to none of them.
        settled = scene.now - row.since >= CALM
        yield f"{_opening('flowing', row.since if settled else 0, scene.now)}."
    if row.held:
        yield from _held_said(row, scene.now)


def _afterwards(forced: Forced, scene: Scene) -> str:
    """Return what ends a mode that somebody has set."""
    if scene.row.mode is not Mode.PAUSED:
        return "Until then no signal pauses it."
    if forced.until is None:
        return f"It stays so until somebody resumes it: {_command('resume', scene.row.scope)}."
    return f"Then it ramps up over {_span(scene.rules.ramp_s)}."


def _hold_said(scene: Scene) -> str:
    """Return how long a pause still takes, and what it waits for."""
    left = scene.row.state.until - scene.now
    unclear = [
        signal.value
        for signal, level in levels(scene.reading, scene.rules).items()
        if level.value > level.clear_at
    ]
    ramps = f"ramps up over {_span(scene.rules.ramp_s)}"
    once = f" once these are clear: {', '.join(unclear)}" if unclear else ""
    if left > 0:
        return f"The hold ends in {length(left)}, then it {ramps}{once}."
    return f"The hold is over; it {ramps}{once or ' at the next look of the keeper'}."


def _ramp_said(scene: Scene) -> str:
    row = scene.row
    left = length(max(0, row.state.until - scene.now))
    admits = f"it admits {share(row.state, scene.now):.0%} of its pace, and all of it in {left}"
    return f"{_opening('ramping up', row.since, scene.now)}: {admits}."


def _held_said(row: ModeRow, now: int) -> Iterator[str]:
    why = "" if row.hold is None else _by(row.hold, now)
    yield f"{_opening('issuing is held', row.switched_at, now)}{why}."
    yield "What was accepted waits, and its money stays reserved."
    if row.mode is Mode.FLOWING:
        yield "Newcomers are still taken in."
    if row.hold is None or row.hold.until is None:
        yield f"It stays so until somebody lets go: {_command('unhold', row.scope)}."


def _phase(campaign: Campaign, phase: Phase, now: int) -> str | None:
    if phase is Phase.SCHEDULED:
        return f"It opens at {clock(campaign.opens_at, now)}."
    return PHASES.get(phase)


def _opening(words: str, since: int, now: int) -> str:
    """Return how a sentence begins, with for how long it is so if anybody knows."""
    lasts = f" for {length(now - since)}" if since and now - since >= SECOND else ""
    return f"{words[:1].upper()}{words[1:]}{lasts}"


def _by(forced: Forced, now: int) -> str:
    ends = "" if forced.until is None else f" until {clock(forced.until, now)}"
    return f" by {forced.actor}{ends}: {_bare(forced.reason)}"


def _command(verb: str, scope: str) -> str:
    return f"fulfiller {verb}" if scope == SERVICE else f"fulfiller campaign {verb} {scope}"


def _bare(text: str) -> str:
    """Return what somebody wrote without the stop that we set ourselves."""
    return text.strip().rstrip(".")


def _span(span_s: float) -> str:
    return length(int(span_s * SECOND))
