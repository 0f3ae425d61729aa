"""Until when a coupon is valid: derived on every look, never stored as an end state.

valid until = max(own date, campaign floor) + the time of the coupon's life in which the
campaign or the service was paused, if the campaign grants pause credit. Extending every coupon
of a campaign is therefore one row, the floor, however many coupons there are, and a pause is
one row, too.
All instants are microseconds since 1970 in UTC; an end is exclusive.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SECOND = 1_000_000
DAY = 86_400 * SECOND
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Pause:
    """A span in which a campaign or the service was paused; `end` is None while it lasts."""

    start: int
    end: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """A campaign's rule: valid until an instant, or for whole days from issue."""

    until: int | None = None
    days: int | None = None

    def own(self, issued_at: int) -> int:
        """Return the date that a coupon issued now gets for its own."""
        if self.until is not None:
            return self.until
        return issued_at + (self.days or 0) * DAY


def valid_until(
    own: int, *, issued_at: int, now: int, floor: int | None = None, pauses: Iterable[Pause] = ()
) -> int:
    """Return the exclusive instant at which a coupon stops being valid.

    Pauses may overlap, as those of a campaign and of the service do: no time is credited twice.
    """
    base = max(own, floor or own)
    return base + _paused(pauses, issued_at, base, now)


def _paused(pauses: Iterable[Pause], start: int, end: int, now: int) -> int:
    """Return how much of a life lay in pauses: the length of their union within it."""
    spans = ((each.start, now if each.end is None else each.end) for each in pauses)
    paused, seen = 0, start
    for began, ended in sorted(spans):
        stop = min(ended, end)
        paused += max(0, stop - max(began, seen))
        seen = max(seen, stop)
    return paused


def end_of_day(day: date, zone: str) -> int:
    """Return the instant at which a calendar day ends in a zone: "until 28 February"."""
    return micros(datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)))


def micros(moment: datetime) -> int:
    """Return an aware datetime as microseconds since 1970 in UTC."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment(instant: int) -> datetime:
    """Return microseconds since 1970 as a datetime in UTC."""
    return EPOCH + timedelta(microseconds=instant)
