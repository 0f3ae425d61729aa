"""Instants as people type them: `now`, `+1d`, `-90m`, or RFC 3339."""

from datetime import UTC, datetime

from fulfiller.domain.validity import SECOND, micros, moment

UNITS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def spoken(text: str, *, now: int) -> str:
    """Return an instant or a day as terms hold it; what is relative is so to `now`."""
    if text == "now":
        return stamp(now)
    if text[:1] not in ("+", "-"):
        return text
    try:
        length = span(text[1:])
    except ValueError:
        return text
    return stamp(now + length if text[0] == "+" else now - length)


def span(text: str) -> int:
    """Return the microseconds of `30s`, `10m`, `2h` or `1d`; raise ValueError for other words."""
    count, unit = text[:-1], text[-1:]
    if not count.isdecimal() or unit not in UNITS_S:
        raise ValueError(f"{text!r} is no length of time, write 30s, 10m, 2h or 1d")
    return int(count) * UNITS_S[unit] * SECOND


def earlier(text: str, *, now: int) -> int:
    """Return the instant that is `2h` ago, at which a day began in UTC, or of RFC 3339.

    Raise ValueError for other words.
    """
    if text[-1:] in UNITS_S:
        return now - span(text.removeprefix("-"))
    try:
        said = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no instant, write 2h, 2026-02-28 or RFC 3339") from None
    return micros(said if said.tzinfo else said.replace(tzinfo=UTC))


def stamp(instant: int) -> str:
    """Return an instant in RFC 3339, in UTC."""
    return moment(instant).isoformat().replace("+00:00", "Z")
