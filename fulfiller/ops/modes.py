"""A mode as people and programs read it: since when, why, by whom, until when."""

from fulfiller.domain.breaker import Breaker, Forced, Mode, share
from fulfiller.domain.mode import SERVICE, ModeRow
from fulfiller.domain.validity import DAY, SECOND, moment
from fulfiller.ops.moments import stamp

UNITS = (("s", SECOND, 120), ("min", 60 * SECOND, 120), ("h", 3_600 * SECOND, 48))
"""Units of time, and up to how many of them are said before the next one is."""
HELD = "held"


def word(row: ModeRow) -> str:
    """Return mode and switch in one word or two."""
    if not row.held:
        return row.mode.value
    return HELD if row.mode is Mode.FLOWING else f"{row.mode}, {HELD}"


def said(row: ModeRow, now: int) -> str:
    """Return a mode with all that is known of it, such as "paused for 32 s: backlog 9 > …"."""
    parts = [_mode_said(row, now)] if row.mode is not Mode.FLOWING or row.state.forced else []
    if row.held:
        parts.append(held_said(row, now))
    return "; ".join(parts) or row.mode.value


def held_said(row: ModeRow, now: int) -> str:
    """Return since when issuing is held, by whom, until when, and why."""
    why = "" if row.hold is None else _forced_said(row.hold, now)
    return f"{HELD}{_lasting(row.switched_at, now)}{why}"


def overruling(service: ModeRow, now: int) -> str | None:
    """Return what the service's mode means for every campaign, or None if it means nothing."""
    if service.mode is Mode.FLOWING and not service.held:
        return None
    return f"The service is {said(service, now)}; that counts for all campaigns."


def told(row: ModeRow) -> dict[str, object]:
    """Return a mode for programs."""
    return {
        "mode": row.mode.value,
        "since": _stamp(row.since),
        "cause": row.cause,
        "forced": _forced_told(row.state.forced),
        "held": row.held,
        "hold": _forced_told(row.hold),
    }


def named(scope: str) -> str:
    """Return what people call a scope."""
    return "the service" if scope == SERVICE else scope


def length(span: int) -> str:
    """Return microseconds in one unit: 32 s, 5 min, 3 h, 2 d."""
    for unit, size, most in UNITS:
        if span < most * size:
            return f"{max(0, span) // size} {unit}"
    return f"{span // DAY} d"


def clock(instant: int, now: int) -> str:
    """Return an instant as a clock in UTC shows it, with the day if that is another one."""
    near = abs(instant - now) < DAY
    return f"{moment(instant):%H:%M:%S}Z" if near else f"{moment(instant):%Y-%m-%d %H:%M}Z"


def _mode_said(row: ModeRow, now: int) -> str:
    lasts = f"{row.mode}{_lasting(row.since, now)}"
    if row.state.forced is not None:
        return f"{lasts}{_forced_said(row.state.forced, now)}"
    if row.mode is Mode.RAMPING:
        return f"{lasts}, {_ramp_said(row.state, now)}"
    return f"{lasts}: {row.cause or 'no cause is noted'}"


def _ramp_said(state: Breaker, now: int) -> str:
    return f"admitting at {share(state, now):.0%} of the pace, full at {clock(state.until, now)}"


def _lasting(since: int, now: int) -> str:
    """Return for how long; nothing of what has just begun, or since nobody knows when."""
    return f" for {length(now - since)}" if since and now - since >= SECOND else ""


def _forced_said(forced: Forced, now: int) -> str:
    ends = "" if forced.until is None else f" until {clock(forced.until, now)}"
    return f" by {forced.actor}{ends}: {forced.reason}"


def _forced_told(forced: Forced | None) -> dict[str, object] | None:
    if forced is None:
        return None
    return {"by": forced.actor, "reason": forced.reason, "until": _stamp(forced.until or 0)}


def _stamp(instant: int) -> str | None:
    return stamp(instant) if instant else None
