"""Instants as people type them: `now`, `+1d`, `-90m`, or RFC 3339."""

from fulfiller.domain.validity import SECOND, moment

UNITS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def spoken(text: str, *, now: int) -> str:
    """Return an instant or a day as terms hold it; what is relative is so to `now`."""
    if text == "now":
        return stamp(now)
    sign, count, unit = text[:1], text[1:-1], text[-1:]
    if sign in ("+", "-") and count.isdecimal() and unit in UNITS_S:
        span = int(count) * UNITS_S[unit] * SECOND
        return stamp(now + span if sign == "+" else now - span)
    return text


def stamp(instant: int) -> str:
    """Return an instant in RFC 3339, in UTC."""
    return moment(instant).isoformat().replace("+00:00", "Z")
