"""Until when a coupon is valid: derived on every look, never stored as an end state.

valid until = max(own date, campaign floor) + the pauses that overlapped the coupon's life,
if the campaign grants pause credit. Extending every coupon of a campaign is therefore one
row, the floor, however many coupons there are.
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
    """A span in which a campaign was paused; `end` is None while it lasts."""

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
    """Return the exclusive instant at which a coupon stops being valid."""
    base = max(own, floor or own)
    return base + sum(_overlap(pause, issued_at, base, now) for pause in pauses)


def _overlap(pause: Pause, start: int, end: int, now: int) -> int:
    stop = now if pause.end is None else pause.end
    return max(0, min(stop, end) - max(pause.start, start))


def end_of_day(day: date, zone: str) -> int:
    """Return the instant at which a calendar day ends in a zone: "until 28 February"."""
    return micros(datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)))


def micros(moment: datetime) -> int:
    """Return an aware datetime as microseconds since 1970 in UTC."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment(instant: int) -> datetime:
    """Return microseconds since 1970 as a datetime in UTC."""
    return EPOCH + timedelta(microseconds=instant)
