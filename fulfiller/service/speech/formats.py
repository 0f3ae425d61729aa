"""Numbers, waits, dates, times and zones as a locale writes them, by CLDR.

Speaking is on the hot route and Babel takes tens of microseconds, so that everything that
people are told alike is remembered; instants are cut to minutes before they get here. Digits
are always 0 to 9, as CLDR has them for Arabic at large and as Babel writes every date.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from math import inf
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time, format_timedelta, get_timezone_name
from babel.numbers import format_decimal
from babel.plural import PluralRule

from fulfiller.domain.validity import moment

MINUTE = 60_000_000
LATEST = 253_402_128_000_000_000
"""30 December 9999: "forever" is often 31 December 9999, which some zones can't express."""
NAMED_AT = datetime(2026, 1, 1)  # noqa: DTZ001 - given the zone below
UNITS: tuple[tuple[Literal["day", "hour", "minute"], int], ...] = (
    ("day", 86_400),
    ("hour", 3_600),
    ("minute", 60),
)
Unit = Literal["day", "hour", "minute", "second"]


@lru_cache(4096)
def number(formats: str, count: int) -> str:
    """Return a whole number with its thousands told apart."""
    return format_decimal(count, locale=formats)


@lru_cache(1024)
def form(formats: str, count: int) -> str:
    """Return the plural form that a number takes."""
    return plural_rule(formats)(count)


@lru_cache(64)
def plural_rule(formats: str) -> PluralRule:
    """Return the rule that picks the plural form of a number."""
    return Locale.parse(formats).plural_form


@lru_cache(1024)
def duration(formats: str, seconds: int) -> str:
    """Return a span in the largest unit of which it is a whole number: 90 minutes, 2 hours."""
    _, unit = measured(seconds)
    # An infinite threshold keeps Babel from rounding to a larger unit.
    return format_timedelta(
        timedelta(seconds=seconds), granularity=unit, threshold=inf, locale=formats
    )


def measured(seconds: int) -> tuple[int, Unit]:
    """Return a span as a whole number of the largest unit that allows one."""
    for unit, size in UNITS:
        if seconds and not seconds % size:
            return seconds // size, unit
    return seconds, "second"


@lru_cache(1024)
def date(formats: str, zone: str, minute: int) -> str:
    """Return the day on which a minute since 1970 falls."""
    return format_date(local(minute * MINUTE, zone), "long", locale=formats)


@lru_cache(4096)
def time(formats: str, zone: str, minute: int) -> str:
    """Return the time of day of a minute since 1970."""
    return format_time(local(minute * MINUTE, zone).timetz(), "short", locale=formats)


def local(instant: int, zone: str) -> datetime:
    """Return an instant as clocks in a zone show it."""
    return moment(min(instant, LATEST)).astimezone(ZoneInfo(zone))


@lru_cache(256)
def zone_name(formats: str, zone: str) -> str:
    """Return what people call a zone, summer and winter alike.

    UTC and the like lie in no country, by which CLDR would call them: they have one offset,
    and the name of that.
    """
    name = get_timezone_name(ZoneInfo(zone), locale=formats)
    if Locale.parse(formats).territories["ZZ"] not in name:
        return name
    return get_timezone_name(NAMED_AT.replace(tzinfo=ZoneInfo(zone)), locale=formats)
